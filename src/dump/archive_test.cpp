#include "dump/archive.h"

#include <gtest/gtest.h>

namespace miroir::dump {
namespace {

class Kept final : public env::FileOut {
public:
    Result<void> write(std::string_view bytes) override {
        text += bytes;
        return {};
    }
    Result<void> finish() override { return {}; }
    std::string text;
};

class Given final : public env::FileIn {
public:
    explicit Given(std::string text) : text_(std::move(text)) {}
    Result<std::string> read(std::size_t most) override {
        std::string piece = text_.substr(0, most);
        text_.erase(0, most);
        return piece;
    }

private:
    std::string text_;
};

std::string large() {
    std::string text;
    for (int i = 0; i < 60'000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
    return text;
}

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& files) {
    Kept out;
    ArchiveWriter writer(out);
    for (const auto& [name, content] : files) EXPECT_TRUE(writer.add(name, content));
    EXPECT_TRUE(writer.finish());
    return out.text;
}

Result<std::map<std::string, std::string>> files_of(std::string bytes) {
    Given in(std::move(bytes));
    ArchiveReader reader(in);
    std::map<std::string, std::string> out;
    for (;;) {
        MIROIR_TRY(const std::optional<ArchiveReader::Entry> entry, reader.next());
        if (!entry) return out;
        MIROIR_TRY(out[entry->name], reader.read_all(1u << 30));
        EXPECT_EQ(out[entry->name].size(), entry->size);
    }
}

TEST(Archive, ComesBackAsItWas) {
    const std::string long_name = "indexes/" + std::string(400, 'x') + "/documents.jsonl";
    const std::map<std::string, std::string> files = {
        {"metadata.json", "{}"}, {"empty", ""}, {"block", std::string(512, 'b')}, {long_name, "long"}, {"z", large()}};
    const Result<std::map<std::string, std::string>> back = files_of(archive_of({files.begin(), files.end()}));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, files);
}

TEST(Archive, LinesAreReadOneByOneAndFilesMayBeLeftHalfRead) {
    Given in(archive_of({{"a", large()}, {"b", "one\n\ntwo"}, {"c", "x"}}));
    ArchiveReader reader(in);
    ASSERT_EQ(reader.next()->value().name, "a");
    EXPECT_EQ(reader.line()->value(), "line 0");
    EXPECT_EQ(reader.line()->value(), "line 7919");
    ASSERT_EQ(reader.next()->value().name, "b");
    EXPECT_EQ(reader.line()->value(), "one");
    EXPECT_EQ(reader.line()->value(), "");
    EXPECT_EQ(reader.line()->value(), "two");
    EXPECT_EQ(*reader.line(), std::nullopt);
    ASSERT_EQ(reader.next()->value().name, "c");
    EXPECT_EQ(*reader.next(), std::nullopt);
}

TEST(Archive, WhatIsCutOffAnywhereIsRefused) {
    const std::string whole = archive_of({{"a", large()}, {"b", "text"}});
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97)
        EXPECT_FALSE(files_of(whole.substr(0, size))) << size;
    EXPECT_FALSE(files_of(whole.substr(0, whole.size() - 1)));
}

TEST(Archive, BrokenBytesAreRefused) {
    const std::string whole = archive_of({{"a", large()}});
    for (std::size_t at = 12; at < whole.size(); at += 1 + whole.size() / 61) {
        std::string broken = whole;
        broken[at] = static_cast<char>(broken[at] ^ 0x55);
        EXPECT_FALSE(files_of(broken)) << at;
    }
    EXPECT_FALSE(files_of("no archive at all"));
    EXPECT_FALSE(files_of(""));
}

}  // namespace
}  // namespace miroir::dump
