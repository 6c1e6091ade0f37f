#include "env/file_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace miroir::env {
namespace {

TEST(FileLock, IsHeldByOneAndGoneWithHim) {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("miroir-lock-" + std::to_string(::getpid()))).string();
    {
        const Result<FileLock> first = FileLock::take(path, "the folder");
        ASSERT_TRUE(first) << first.error().message;
        const Result<FileLock> second = FileLock::take(path, "the folder");
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().message,
                  "the folder is in use by another process; stop that one or name another place");
    }
    EXPECT_TRUE(FileLock::take(path, "the folder"));
    std::filesystem::remove(path);
}

TEST(FileLock, SaysWhatIsWrongWithThePath) {
    const Result<FileLock> lock = FileLock::take("/nowhere/lock", "x");
    ASSERT_FALSE(lock);
    EXPECT_NE(lock.error().message.find("/nowhere/lock"), std::string::npos);
}

}  // namespace
}  // namespace miroir::env
