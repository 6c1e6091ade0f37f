#include "protocol/locales.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "protocol/fields/read.h"

namespace miroir::protocol {

namespace {

struct Language {
    std::string_view short_code;
    std::string_view long_code;
};

// The order is that of the engine's refusal.
constexpr auto kLanguages = std::to_array<Language>({
    {"af", "afr"}, {"ak", "aka"}, {"am", "amh"}, {"ar", "ara"}, {"az", "aze"}, {"be", "bel"}, {"bn", "ben"},
    {"bg", "bul"}, {"ca", "cat"}, {"cs", "ces"}, {"da", "dan"}, {"de", "deu"}, {"el", "ell"}, {"en", "eng"},
    {"eo", "epo"}, {"et", "est"}, {"fi", "fin"}, {"fr", "fra"}, {"gu", "guj"}, {"he", "heb"}, {"hi", "hin"},
    {"hr", "hrv"}, {"hu", "hun"}, {"hy", "hye"}, {"id", "ind"}, {"it", "ita"}, {"jv", "jav"}, {"ja", "jpn"},
    {"kn", "kan"}, {"ka", "kat"}, {"km", "khm"}, {"ko", "kor"}, {"la", "lat"}, {"lv", "lav"}, {"lt", "lit"},
    {"ml", "mal"}, {"mr", "mar"}, {"mk", "mkd"}, {"my", "mya"}, {"ne", "nep"}, {"nl", "nld"}, {"nb", "nob"},
    {"or", "ori"}, {"pa", "pan"}, {"fa", "pes"}, {"pl", "pol"}, {"pt", "por"}, {"ro", "ron"}, {"ru", "rus"},
    {"si", "sin"}, {"sk", "slk"}, {"sl", "slv"}, {"sn", "sna"}, {"es", "spa"}, {"sr", "srp"}, {"sv", "swe"},
    {"ta", "tam"}, {"te", "tel"}, {"tl", "tgl"}, {"th", "tha"}, {"tk", "tuk"}, {"tr", "tur"}, {"uk", "ukr"},
    {"ur", "urd"}, {"uz", "uzb"}, {"vi", "vie"}, {"yi", "yid"}, {"zh", "zho"}, {"zu", "zul"},
});
constexpr std::string_view kMandarin = "cmn";

// All short codes, then all long ones.
const std::vector<std::string_view>& codes() {
    static const std::vector<std::string_view> all = [] {
        std::vector<std::string_view> out;
        for (const Language& language : kLanguages) out.push_back(language.short_code);
        for (const Language& language : kLanguages) out.push_back(language.long_code);
        out.push_back(kMandarin);
        return out;
    }();
    return all;
}

std::string unsupported(std::string_view code) {
    std::vector<std::string_view> sorted = codes();
    std::ranges::sort(sorted, [](std::string_view a, std::string_view b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    std::string list;
    for (const std::string_view known : sorted) list.append(list.empty() ? "" : ", ").append(known);
    return "Unsupported locale `" + std::string(code) + "`, expected one of " + list;
}

}  // namespace

bool is_locale(std::string_view code) { return std::ranges::find(codes(), code) != codes().end(); }

std::string_view long_locale(std::string_view code) {
    for (const Language& language : kLanguages) {
        if (language.short_code == code) return language.long_code;
    }
    return code;
}

Result<void> read_locale(const json::Value& value, const Place& place, std::string& out) {
    if (place.format() == Format::Query && value.is_string() && !is_locale(value.string())) {
        return place.unexpected(unsupported(value.string()));
    }
    MIROIR_TRY(const std::size_t found, read_word(value, place, codes()));
    out = codes()[found];
    return {};
}

}  // namespace miroir::protocol
