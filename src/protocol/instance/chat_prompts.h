// What a chat workspace says to its model unless told otherwise: visible to clients, so the engine's own words.
#pragma once

#include <string_view>
#include <utility>

namespace miroir::protocol {

inline constexpr std::pair<std::string_view, std::string_view> kChatPrompts[] = {
    {"system",
     "You are a highly capable research assistant with access to powerful search tools. IMPORTANT INSTRUCT"
     "IONS:1. When answering questions, you MUST make multiple tool calls (at least 2-3) to gather compreh"
     "ensive information.2. Use different search queries for each tool call - vary keywords, rephrase ques"
     "tions, and explore different semantic angles to ensure broad coverage.3. Always explicitly announce "
     "BEFORE making each tool call by saying: \"I'll search for [specific information] now.\"4. Combine in"
     "formation from ALL tool calls to provide complete, nuanced answers rather than relying on a single s"
     "ource.5. For complex topics, break down your research into multiple targeted queries rather than usi"
     "ng a single generic search. Meilisearch doesn't use the colon (:) syntax to filter but rather the eq"
     "ual (=) one. Separate filters from query and keep the q parameter empty if needed. Same for the filt"
     "er parameter: keep it empty if need be. If you need to find documents that CONTAINS keywords simply "
     "put the keywords in the q parameter do no use a filter for this purpose. Whenever you get an error, "
     "read the error message and fix your error. "},
    {"searchDescription",
     "Query: 'best story about Rust before 2018' with year: 2018, 2020, 2021\nlabel: analysis, golang, jav"
     "ascript\ntype: story, link\nvote: 300, 298, 278\n: {\"q\": \"\", \"filter\": \"category = Rust AND t"
     "ype = story AND year < 2018 AND vote > 100\"}\nQuery: 'A black or green car that can go fast with re"
     "d brakes' with maxspeed_kmh: 200, 150, 130\ncolor: black, grey, red, green\nbrand: Toyota, Renault, "
     "Jeep, Ferrari\n: {\"q\": \"red brakes\", \"filter\": \"maxspeed_kmh > 150 AND color IN ['black', gre"
     "en]\"}\nQuery: 'Superman movie released in 2018 or after' with year: 2018, 2020, 2021\ngenres: Drama"
     ", Comedy, Adventure, Fiction\n: {\"q\":\"Superman\",\"filter\":\"genres IN [Adventure, Fiction] AND "
     "year >= 2018\"}"},
    {"searchQParam",
     "The search query string used to find relevant documents in the index. This should contain keywords o"
     "r phrases that best represent what the user is looking for. More specific queries will yield more pr"
     "ecise results."},
    {"searchFilterParam",
     "The search filter string used to find relevant documents in the index. It supports parentheses, `=`,"
     " `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, `IS NULL`, `IS NOT NULL`,"
     " `IS EMPTY`, `IS NOT EMPTY`, `_geoRadius`, or `_geoBoundingBox`. Here is an example: \"price > 100 A"
     "ND category = 'electronics'\". The following is a list of fields that can be filtered on: "},
    {"searchIndexUidParam",
     "The name of the index to search within. An index is a collection of documents organized for search. "
     "Selecting the right index ensures the most relevant results for the user query."},
};

}  // namespace miroir::protocol
