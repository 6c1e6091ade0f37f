#include "http/wire/tls.h"

#include <boost/asio/ssl/context.hpp>

namespace miroir::wire {
namespace {

namespace ssl = boost::asio::ssl;
using ErrorCodeOfBoost = boost::system::error_code;

Result<void> used(const ErrorCodeOfBoost& failed, std::string what, const std::string& file) {
    if (!failed) return {};
    return fail(ErrorCode::MiroirConfigInvalid, "cannot use the " + what + " in '" + file + "': " + failed.message() +
                                                    "; a readable PEM file is needed");
}

Result<void> load_identity(ssl::context& context, const std::string& certificate, const std::string& key) {
    ErrorCodeOfBoost failed;
    context.use_certificate_chain_file(certificate, failed);
    MIROIR_CHECK(used(failed, "TLS certificate", certificate));
    context.use_private_key_file(key, ssl::context::pem, failed);
    MIROIR_CHECK(used(failed, "TLS key (of the certificate '" + certificate + "')", key));
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
        return fail(ErrorCode::MiroirConfigInvalid,
                    "the TLS key in '" + key + "' does not belong to the certificate in '" + certificate + "'");
    }
    return {};
}

std::unique_ptr<ssl::context> fresh_context(ssl::context::method method) {
    auto context = std::make_unique<ssl::context>(method);
    ErrorCodeOfBoost ignored;
    context->set_options(ssl::context::default_workarounds | ssl::context::no_compression, ignored);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    // Idle connections give their buffers back; a write may be repeated from another address with the same bytes.
    SSL_CTX_set_mode(context->native_handle(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    return context;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<ssl::context> context, bool verify)
    : context_(std::move(context)), verify_(verify) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> make_server_tls(const ListenerTls& files) {
    auto context = fresh_context(ssl::context::tls_server);
    MIROIR_CHECK(load_identity(*context, files.certificate, files.key));
    ErrorCodeOfBoost failed;
    if (!files.client_authorities.empty()) {
        context->load_verify_file(files.client_authorities, failed);
        MIROIR_CHECK(used(failed, "authorities of client certificates", files.client_authorities));
        // Names sent to clients so that they know which certificate to choose.
        SSL_CTX_set_client_CA_list(context->native_handle(), SSL_load_client_CA_file(files.client_authorities.c_str()));
        context->set_verify_mode(ssl::verify_peer | (files.client_required ? ssl::verify_fail_if_no_peer_cert : 0),
                                 failed);
    } else if (files.client_required) {
        return fail(ErrorCode::MiroirConfigInvalid,
                    "client certificates are required but no file of authorities is named");
    }
    static constexpr unsigned char kSession[] = "miroir";
    SSL_CTX_set_session_id_context(context->native_handle(), kSession, sizeof(kSession) - 1);
    return std::make_shared<const TlsContext>(std::move(context), false);
}

Result<std::shared_ptr<const TlsContext>> make_client_tls(const ClientTls& files) {
    auto context = fresh_context(ssl::context::tls_client);
    ErrorCodeOfBoost failed;
    if (!files.authorities.empty()) {
        context->load_verify_file(files.authorities, failed);
        MIROIR_CHECK(used(failed, "TLS authorities", files.authorities));
    } else {
        context->set_default_verify_paths(failed);
    }
    if (!files.certificate.empty() || !files.key.empty())
        MIROIR_CHECK(load_identity(*context, files.certificate, files.key));
    context->set_verify_mode(files.verify ? ssl::verify_peer : ssl::verify_none, failed);
    return std::make_shared<const TlsContext>(std::move(context), files.verify);
}

}  // namespace miroir::wire
