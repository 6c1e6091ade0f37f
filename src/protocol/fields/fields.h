// FieldTable: the members of one JSON object (or the parameters of one route), said once, checked as the engine does:
// members are taken in the order of the body, the first fault wins, missing ones are looked for at the end.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "protocol/fields/read.h"

namespace miroir::protocol {

//   struct IndexRequest { std::string uid; std::optional<std::string> primary_key; };
//   const FieldTable<IndexRequest>& index_request_fields() {
//       static const auto table = FieldTable<IndexRequest>()
//           .field("uid", ErrorCode::InvalidIndexUid, &IndexRequest::uid).required(ErrorCode::MissingIndexUid)
//           .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &IndexRequest::primary_key);
//       return table;
//   }
//   Result<IndexRequest> parsed = index_request_fields().parse(body);                   // a JSON body
//   Result<Page> page = page_fields().parse_query("limit=3&offset=a");          // query parameters
//
// A member with a rule of its own gives a reader: .field("name", code, [](T& t, const Value& v, const Place& p)
// -> Result<void> {...}). A nested object overloads read() with `return table().read(value, place, out);`.
template <class T>
class FieldTable {
public:
    using Reader = std::function<Result<void>(T&, const json::Value&, const Place&)>;
    using UnknownKey =
        std::function<Result<void>(std::string_view key, std::span<const std::string_view> known, const Place&)>;
    using Check = std::function<Result<void>(T&, const Place&)>;

    // `access` is a member pointer, a callable giving a reference to the member, or a Reader. Absent: left as it is.
    template <class Access>
    FieldTable field(std::string_view name, ErrorCode code, Access access) && {
        Field added{.name = name, .code = code};
        if constexpr (std::is_invocable_r_v<Result<void>, Access, T&, const json::Value&, const Place&>) {
            added.reader = std::move(access);
        } else {
            added.reader = [access](T& out, const json::Value& value, const Place& place) -> Result<void> {
                return read_into(value, place, std::invoke(access, out));
            };
        }
        names_.push_back(name);
        fields_.push_back(std::move(added));
        return std::move(*this);
    }
    // The last field must be there; without a code of its own a missing one is told under the object's code.
    FieldTable required() && {
        fields_.back().required = true;
        return std::move(*this);
    }
    FieldTable required(ErrorCode missing) && {
        fields_.back().required = true;
        fields_.back().missing = missing;
        fields_.back().has_missing_code = true;
        return std::move(*this);
    }
    // The code for "not an object", unknown and missing members; BadRequest unless said.
    FieldTable code(ErrorCode code) && {
        code_ = code;
        return std::move(*this);
    }
    FieldTable allow_unknown() && {
        unknown_ = [](std::string_view, std::span<const std::string_view>, const Place&) -> Result<void> { return {}; };
        return std::move(*this);
    }
    FieldTable unknown(UnknownKey unknown) && {
        unknown_ = std::move(unknown);
        return std::move(*this);
    }
    // Looks at the whole object once all members are read.
    FieldTable check(Check check) && {
        check_ = std::move(check);
        return std::move(*this);
    }

    std::span<const std::string_view> names() const { return names_; }

    Result<void> read(const json::Value& value, const Place& outer, T& out) const {
        const Place place = outer.with_code(code_);
        if (!value.is_object()) return place.wrong_kind(value, {Kind::Map});
        std::vector<bool> seen(fields_.size(), false);
        for (const json::Member& member : value.object()) {
            MIROIR_CHECK(read_member(member, place, out, seen));
        }
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (!fields_[i].required || seen[i]) continue;
            return place.with_code(fields_[i].has_missing_code ? fields_[i].missing : code_).missing(fields_[i].name);
        }
        if (check_) return check_(out, place);
        return {};
    }
    Result<T> parse(const json::Value& body) const {
        T out{};
        MIROIR_CHECK(read(body, Place(Format::Json), out));
        return out;
    }
    Result<T> parse_query(std::string_view raw_query) const {
        T out{};
        MIROIR_CHECK(read(json::Value(query_parameters(raw_query)), Place(Format::Query), out));
        return out;
    }

private:
    struct Field {
        std::string_view name;
        ErrorCode code;
        Reader reader{};
        bool required = false;
        bool has_missing_code = false;
        ErrorCode missing = ErrorCode::BadRequest;
    };

    Result<void> read_member(const json::Member& member, const Place& place, T& out, std::vector<bool>& seen) const {
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (fields_[i].name != member.first) continue;
            seen[i] = true;
            return fields_[i].reader(out, member.second, place.key(member.first, fields_[i].code));
        }
        if (unknown_) return unknown_(member.first, names_, place);
        return place.unknown_key(member.first, names_);
    }

    std::vector<Field> fields_;
    std::vector<std::string_view> names_;
    ErrorCode code_ = ErrorCode::BadRequest;
    UnknownKey unknown_;
    Check check_;
};

}  // namespace miroir::protocol
