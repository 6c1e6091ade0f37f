#include "env/cancel.h"

#include <gtest/gtest.h>

#include <string>

namespace miroir::env {
namespace {

TEST(Cancel, CopiesShareTheWishWhicheverWasThereFirst) {
    Cancel first;
    const Cancel copy = first;  // neither had been asked for anything yet
    const Cancel apart;
    first.request();
    EXPECT_TRUE(copy.requested());
    EXPECT_FALSE(apart.requested());
    Cancel later;
    later = copy;
    EXPECT_TRUE(later.requested());
}

TEST(Cancel, RunsHooksOnceInTheirOrder) {
    std::string said;
    Cancel cancel;
    Cancel::Hook a(cancel, [&] { said += 'a'; });
    const Cancel::Hook b(cancel, [&] { said += 'b'; });
    a = Cancel::Hook(cancel, [&] { said += 'c'; });  // the old one is gone, the new one is the youngest
    const Cancel::Hook d(cancel, [&] { said += 'd'; });
    cancel.request();
    cancel.request();
    EXPECT_EQ(said, "bcd");
    const Cancel::Hook late(cancel, [&] { said += 'e'; });
    EXPECT_EQ(said, "bcde");
}

TEST(Cancel, AHookThatHasGoneDoesNotRun) {
    std::string said;
    Cancel cancel;
    {
        const Cancel::Hook gone(cancel, [&] { said += 'x'; });
        const Cancel::Hook gone_too(cancel, [&] { said += 'y'; });
    }
    const Cancel::Hook stays(cancel, [&] { said += 'z'; });
    cancel.request();
    EXPECT_EQ(said, "z");
}

TEST(Cancel, AHookMayTakeOthersAwayAndDropTheLastOwner) {
    std::string said;
    auto cancel = std::make_unique<Cancel>();
    Cancel::Hook second;
    const Cancel::Hook first(*cancel, [&] {
        said += '1';
        second = {};
        cancel.reset();
    });
    second = Cancel::Hook(*cancel, [&] { said += '2'; });
    const Cancel::Hook third(*cancel, [&] { said += '3'; });
    Cancel(*cancel).request();
    EXPECT_EQ(said, "13");
}

}  // namespace
}  // namespace miroir::env
