#include "protocol/keys/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.h"

namespace miroir::protocol {

std::string hmac(Digest digest, std::string_view key, std::string_view message) {
    const EVP_MD* const method = digest == Digest::Sha256   ? EVP_sha256()
                                 : digest == Digest::Sha384 ? EVP_sha384()
                                                            : EVP_sha512();
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    const auto* const data = reinterpret_cast<const unsigned char*>(message.data());
    MIROIR_ASSERT(HMAC(method, key.data(), static_cast<int>(key.size()), data, message.size(), bytes, &length) !=
                  nullptr);
    return {reinterpret_cast<const char*>(bytes), length};
}

std::string sha256(std::string_view message) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    MIROIR_ASSERT(EVP_Digest(message.data(), message.size(), bytes, &length, EVP_sha256(), nullptr) == 1);
    return {reinterpret_cast<const char*>(bytes), length};
}

std::string hex_text(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    const auto value_of = [](char c) -> int {
        if (c >= 'A' && c <= 'Z') return c - 'A';
        if (c >= 'a' && c <= 'z') return c - 'a' + 26;
        if (c >= '0' && c <= '9') return c - '0' + 52;
        if (c == '-') return 62;
        return c == '_' ? 63 : -1;
    };
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xFF);
    }
    return out;
}

}  // namespace miroir::protocol
