// For this folder's tests: an authority made on the spot, and certificates by it as PEM files in a directory that
// goes with it.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace miroir::wire {

class TestAuthority {
public:
    explicit TestAuthority(const std::string& name = "authority") {
        char place[] = "/tmp/miroir_tls_XXXXXX";
        folder_ = ::mkdtemp(place);
        key_ = EVP_EC_gen("P-256");
        certificate_ = make(name, key_, nullptr, "", true);
        write(certificate_, nullptr, name_of_file("ca"));
    }
    ~TestAuthority() {
        X509_free(certificate_);
        EVP_PKEY_free(key_);
        std::filesystem::remove_all(folder_);
    }
    TestAuthority(const TestAuthority&) = delete;

    std::string file() const { return name_of_file("ca"); }
    std::string certificate_of(const std::string& name) const { return name_of_file(name); }
    std::string key_of(const std::string& name) const { return name_of_file(name + "_key"); }

    // `alternative` as OpenSSL writes it: "IP:127.0.0.1" or "DNS:name".
    void issue(const std::string& name, const std::string& alternative) {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = make(name, key, certificate_, alternative, false);
        write(certificate, nullptr, certificate_of(name));
        write(nullptr, key, key_of(name));
        X509_free(certificate);
        EVP_PKEY_free(key);
    }

private:
    std::string name_of_file(const std::string& name) const { return folder_ + "/" + name + ".pem"; }

    X509* make(const std::string& name, EVP_PKEY* key, X509* issuer, const std::string& alternative,
               bool authority) const {
        X509* out = X509_new();
        X509_set_version(out, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(out), authority ? 1 : 2);
        X509_gmtime_adj(X509_getm_notBefore(out), -3600);
        X509_gmtime_adj(X509_getm_notAfter(out), 3600);
        X509_set_pubkey(out, key);
        X509_NAME* subject = X509_get_subject_name(out);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()),
                                   -1, -1, 0);
        X509_set_issuer_name(out, issuer != nullptr ? X509_get_subject_name(issuer) : subject);
        extend(out, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (!alternative.empty()) extend(out, NID_subject_alt_name, alternative.c_str());
        X509_sign(out, issuer != nullptr ? key_ : key, EVP_sha256());
        return out;
    }

    static void extend(X509* certificate, int what, const char* value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    static void write(X509* certificate, EVP_PKEY* key, const std::string& path) {
        std::FILE* file = std::fopen(path.c_str(), "w");
        if (certificate != nullptr) PEM_write_X509(file, certificate);
        if (key != nullptr) PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
    }

    std::string folder_;
    EVP_PKEY* key_ = nullptr;
    X509* certificate_ = nullptr;
};

}  // namespace miroir::wire
