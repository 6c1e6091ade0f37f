#include "protocol/liquid/template.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace miroir::protocol::liquid {
namespace {

struct Case {
    std::string_view text;
    std::string_view shown;
};

// What Meilisearch v1.50 made of them over this document.
constexpr std::string_view kDocument =
    R"({"title":"Hello World","n":5,"f":1.25,"l":[3,1,2,3],"o":{"k":"v","b":2},"u":"éàü","nul":null,"t":true,)"
    R"("b":false,"html":"<b>a & b</b>","empty":"","e2":[],"big":12345678901234567890,"neg":-3,"exp":1e21,)"
    R"("objs":[{"a":1},{"a":2},{"c":1}]})";

constexpr Case kCases[] = {
    {"{{doc.title}}", "Hello World"},
    {"{{ doc.title | upcase }}", "HELLO WORLD"},
    {"{{doc.n | plus: 2}} {{doc.f}}", "7 1.25"},
    {"{{doc.l}}{{doc.o}}{{doc.nul}}{{doc.t}}", "3123kvb2true"},
    {"{{doc.l | join: ', '}}", "3, 1, 2, 3"},
    {"{% if doc.missing %}a{% else %}b{% endif %}", "b"},
    {"{% if doc.title == 'x' or doc.n > 3 and doc.f < 2 %}a{% endif %}", "a"},
    {"{% for x in doc.l %}{{x}}-{{forloop.index}}{% unless forloop.last %},{% endunless %}{% endfor %}",
     "3-1,1-2,2-3,3-4"},
    {"{% for x in doc.l reversed limit:2 offset:1 %}{{x}}{% endfor %}", "21"},
    {"{% for i in (1..3) %}{{i}}{% if i == 2 %}{% break %}{% endif %}{% endfor %}", "12"},
    {"{% capture a %}x{{doc.n}}{% endcapture %}{{a}}{{a}}", "x5x5"},
    {"{% case doc.n %}{% when 1 %}one{% when 5, 6 %}five{% else %}other{% endcase %}", "five"},
    {"a {%- if true -%} b {%- endif -%} c", "abc"},
    {"{% raw %}{{x}}{% endraw %}{% comment %}{{x}}{% endcomment %}z", "{{x}}z"},
    {"{{doc.title | truncate: 5}}", "He..."},
    {"{{doc.u | upcase}}", "ÉÀÜ"},
    {"{{doc.l.first}}{{doc.l[1]}}{{doc.l[-1]}}{{doc.l.size}}{{doc['o']['k']}}", "3134v"},
    {"{{doc.empty | default: 'd'}}{{doc.e2 | default: 'd'}}", "dd"},
    {"{% if doc.title contains 'ell' %}y{% endif %}{% if doc.l contains 2 %}y{% endif %}", "yy"},
    {"{% if doc.l == empty %}e{% else %}n{% endif %}{% if doc.e2 == blank %}b{% endif %}", "nb"},
    {"{% for p in doc.o %}{{p[0]}}={{p[1]}};{% endfor %}", "k=v;b=2;"},
    {"{% for x in doc.e2 %}a{% else %}none{% endfor %}", "none"},
    {"{%if doc.b%}t{%else%}f{%endif%}", "f"},
    {"{{doc.big}} {{doc.neg}} {{doc.exp}}", "12345678901234567890 -3 1000000000000000000000"},
};

json::Object names() { return {{"doc", *json::parse(kDocument)}}; }

TEST(Liquid, ReadsAsTheEngineDoes) {
    for (const Case& one : kCases) {
        const auto pattern = Template::parse(one.text);
        ASSERT_TRUE(pattern) << one.text << ": " << pattern.error();
        const auto shown = pattern->render(names());
        ASSERT_TRUE(shown) << one.text << ": " << shown.error();
        EXPECT_EQ(*shown, one.shown) << one.text;
    }
}

TEST(Liquid, WhatIsNoTemplateIsRefused) {
    for (const std::string_view text : {"{{doc.title", "{% if %}a{% endif %}", "{% nope %}", "{{doc.title | nope}}",
                                        "{% for x in doc.l %}{% endif %}", "{% if doc.a %}",
                                        "{% for x doc.l %}{% endfor %}", "{{ }}", "{% raw %}", "{% assign a doc.n %}"})
        EXPECT_FALSE(Template::parse(text)) << text;
}

TEST(Liquid, WhatIsNotThereIsNamed) {
    const auto shown = Template::parse("{{doc.o.missing}}")->render(names());
    ASSERT_FALSE(shown);
    EXPECT_EQ(shown.error(),
              "Unknown index\n  with:\n    variable=doc.o\n    requested index=missing\n    available indexes=k, b");
    EXPECT_FALSE(Template::parse("{{nothing}}")->render(names()));
    EXPECT_FALSE(Template::parse("{{doc.n | divided_by: 0}}")->render(names()));
}

TEST(Liquid, NothingGoesOnForEver) {
    const auto long_loop = Template::parse("{% for i in (1..2000000000) %}{% endfor %}");
    EXPECT_FALSE(long_loop->render(names()));
    const auto nested =
        Template::parse("{% for i in (1..2000) %}{% for j in (1..2000) %}{{doc.title}}{% endfor %}{% endfor %}");
    EXPECT_FALSE(nested->render(names()));
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "{% if true %}";
    EXPECT_FALSE(Template::parse(deep));
    EXPECT_FALSE(Template::parse("{{" + std::string(100'000, '[') + "}}"));
}

}  // namespace
}  // namespace miroir::protocol::liquid
