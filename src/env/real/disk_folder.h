// Files of one folder of the real disk.
#pragma once

#include "env/files.h"

namespace miroir::env {

class DiskFolder final : public Folder {
public:
    explicit DiskFolder(std::string path) : path_(std::move(path)) {}

    Result<std::unique_ptr<FileOut>> create(const std::string& name) override;
    Result<std::unique_ptr<FileIn>> open(const std::string& name) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    void remove(const std::string& name) override;
    std::vector<std::string> names() override;

private:
    std::string place(const std::string& name) const { return path_ + "/" + name; }

    std::string path_;
};

}  // namespace miroir::env
