// Words shared by the rooms of the embedded node: internal document ids, field ids, sets of documents.
#pragma once

#include <cstdint>
#include <roaring/roaring.hh>

namespace miroir::node {

using DocId = std::uint32_t;    // given in order of first appearance, kept on update, reused lowest first
using FieldId = std::uint16_t;  // given in order of first appearance in the index, never reused
using DocIds = ::Roaring;

}  // namespace miroir::node
