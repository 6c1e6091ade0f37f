#include "protocol/url_fault.h"

#include <gtest/gtest.h>

namespace miroir::protocol {
namespace {

TEST(UrlFault, IsTheEngines) {
    for (const std::string_view fine : {"http://x", "HTTP://x:80/y", "a:b", "ftp://x", "http:x", "http://[::1]:7700",
                                        "http://u:p@x:1", "https://x?y:z", "http://x:", " http://x"})
        EXPECT_EQ(url_fault(fine), std::nullopt) << fine;
    for (const std::string_view bare : {"", "nope", "//x/y", ":x", "1a:b", "a b:c"})
        EXPECT_EQ(url_fault(bare), "relative URL without a base") << bare;
    EXPECT_EQ(url_fault("http://"), "empty host");
    EXPECT_EQ(url_fault("http://:80"), "empty host");
    EXPECT_EQ(url_fault("http://a:99999"), "invalid port number");
    EXPECT_EQ(url_fault("http://a:8x"), "invalid port number");
    EXPECT_EQ(url_fault("http://[::1"), "invalid IPv6 address");
    EXPECT_EQ(url_fault("http://a b"), "invalid international domain name");
}

}  // namespace
}  // namespace miroir::protocol
