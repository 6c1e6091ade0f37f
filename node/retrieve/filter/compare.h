// One operator against the values of one field. Numbers are compared with numbers, texts by the bytes of their normal
// form; a value that reads as a number is tried as both.
#pragma once

#include "node/index/facets.h"
#include "protocol/filter/filter.h"

namespace miroir::node {

DocIds documents_comparing(const FacetField& facet, const DocIds& all, const protocol::Filter& comparison);
DocIds documents_equal(const FacetField& facet, const protocol::FilterToken& value);

}  // namespace miroir::node
