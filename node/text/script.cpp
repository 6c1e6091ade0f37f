#include "node/text/script.h"

#include <algorithm>

namespace miroir::node {

namespace {

struct Block {
    char32_t first;
    char32_t last;
    Script script;
};

using enum Script;
constexpr Block kBlocks[] = {
    {0x41, 0x5A, Latin},        {0x61, 0x7A, Latin},          {0x80, 0x2AF, Latin},       {0x370, 0x3FF, Greek},
    {0x400, 0x484, Cyrillic},   {0x487, 0x52F, Cyrillic},     {0x590, 0x5FF, Hebrew},     {0x600, 0x6FF, Arabic},
    {0x750, 0x7FF, Arabic},     {0x8A0, 0x8FF, Arabic},       {0x900, 0x97F, Devanagari}, {0x980, 0x9FF, Bengali},
    {0xA00, 0xA7F, Gurmukhi},   {0xA80, 0xAFF, Gujarati},     {0xB00, 0xB7F, Oriya},      {0xB80, 0xBFF, Tamil},
    {0xC00, 0xC7F, Telugu},     {0xC80, 0xCFF, Kannada},      {0xD00, 0xD7F, Malayalam},  {0xD80, 0xDFF, Sinhala},
    {0xE00, 0xE7F, Thai},       {0x1000, 0x109F, Myanmar},    {0x10A0, 0x10FF, Georgian}, {0x1100, 0x11FF, Hangul},
    {0x1200, 0x139F, Ethiopic}, {0x1780, 0x17FF, Khmer},      {0x19E0, 0x19FF, Khmer},    {0x1CD0, 0x1CFF, Devanagari},
    {0x1D00, 0x1DBF, Latin},    {0x1E00, 0x1EFF, Latin},      {0x2100, 0x214F, Latin},    {0x2C60, 0x2C7F, Latin},
    {0x2D80, 0x2DDF, Ethiopic}, {0x2DE0, 0x2DFF, Cyrillic},   {0x2E80, 0x2E99, Cj},       {0x2E9B, 0x2EF3, Cj},
    {0x2F00, 0x2FD5, Cj},       {0x3005, 0x3005, Cj},         {0x3007, 0x3007, Cj},       {0x3021, 0x3029, Cj},
    {0x3038, 0x303B, Cj},       {0x3040, 0x30FF, Cj},         {0x3130, 0x318F, Hangul},   {0x3200, 0x32FF, Hangul},
    {0x3400, 0x4DB5, Cj},       {0x4E00, 0x9FCC, Cj},         {0xA640, 0xA69D, Cyrillic}, {0xA69F, 0xA69F, Cyrillic},
    {0xA720, 0xA7FF, Latin},    {0xA8E0, 0xA8FF, Devanagari}, {0xA960, 0xA97F, Hangul},   {0xAB00, 0xAB2F, Ethiopic},
    {0xAB30, 0xAB6F, Latin},    {0xAC00, 0xD7FF, Hangul},     {0xF900, 0xFA6D, Cj},       {0xFA70, 0xFAD9, Cj},
    {0xFB50, 0xFDFF, Arabic},   {0xFE70, 0xFEFF, Arabic},     {0xFF00, 0xFFEF, Hangul},   {0x10E60, 0x10E7F, Arabic},
    {0x1EE00, 0x1EEFF, Arabic},
};

}  // namespace

Script script_of(char32_t c) {
    if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? Latin : Other;
    const auto after = std::upper_bound(std::begin(kBlocks), std::end(kBlocks), c,
                                        [](char32_t value, const Block& block) { return value < block.first; });
    if (after == std::begin(kBlocks)) return Other;
    const Block& block = *(after - 1);
    return c <= block.last ? block.script : Other;
}

bool is_armenian(char32_t c) { return c >= 0x530 && c <= 0x58F; }

}  // namespace miroir::node
