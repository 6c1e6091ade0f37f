#include "http/networks.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace miroir::http {
namespace {

std::vector<std::uint8_t> bytes_of(const std::string& text) {
    std::vector<std::uint8_t> out(text.find(':') == std::string::npos ? 4 : 16);
    EXPECT_EQ(inet_pton(out.size() == 4 ? AF_INET : AF_INET6, text.c_str(), out.data()), 1) << text;
    return out;
}

bool allowed(std::string_view policy, const std::string& address) {
    const Result<NetworkPolicy> parsed = NetworkPolicy::parse(policy);
    EXPECT_TRUE(parsed) << policy;
    return parsed && parsed->allows(bytes_of(address));
}

TEST(Networks, WhatIsNotPublicIsRefused) {
    for (const char* address :
         {"0.1.2.3",        "10.0.0.1",       "100.64.0.1", "100.127.255.255", "127.0.0.1",   "169.254.169.254",
          "172.16.0.1",     "172.31.255.255", "192.0.0.1",  "192.0.2.1",       "192.168.1.1", "198.19.0.1",
          "198.51.100.7",   "203.0.113.9",    "240.0.0.1",  "255.255.255.255", "::",          "::1",
          "::ffff:8.8.8.8", "64:ff9b:1::1",   "100::1",     "2001::1",         "2001:db8::1", "2002::1",
          "3fff::1",        "5f00::1",        "fc00::1",    "fd12::1",         "fe80::1"}) {
        EXPECT_FALSE(allowed("", address)) << address;
    }
    for (const char* address : {"8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.0.9", "198.20.0.1", "2001:1::1",
                                "2001:4860::8888", "2001:20::1", "2606:4700::1111", "fec0::1"}) {
        EXPECT_TRUE(allowed("", address)) << address;
    }
}

TEST(Networks, NamedNetworksAreAllowed) {
    EXPECT_TRUE(allowed("any", "127.0.0.1"));
    EXPECT_TRUE(allowed("127.0.0.0/8, 10.1.2.3", "127.9.9.9"));
    EXPECT_TRUE(allowed("127.0.0.0/8, 10.1.2.3", "10.1.2.3"));
    EXPECT_FALSE(allowed("127.0.0.0/8, 10.1.2.3", "10.1.2.4"));
    EXPECT_TRUE(allowed("172.16.0.0/12", "172.31.0.1"));
    EXPECT_FALSE(allowed("172.16.0.0/13", "172.31.0.1"));
    EXPECT_TRUE(allowed("::1", "::1"));
    EXPECT_TRUE(allowed("fd00::/8", "fd12::1"));
    EXPECT_FALSE(allowed("0.0.0.0/0", "::1")) << "a network of the other family says nothing";
}

TEST(Networks, NonsenseIsTold) {
    for (const char* text : {"x", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "any,10.0.0.0/8", ","})
        EXPECT_FALSE(NetworkPolicy::parse(text)) << text;
}

}  // namespace
}  // namespace miroir::http
