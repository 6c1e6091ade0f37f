// Embedders: what each source may and must say, and how a change is merged into what stands. Private to this folder.
#pragma once

#include "protocol/settings/setting_shapes.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

// Liquid, as the engine writes it out when none is given.
std::string_view default_document_template();

// The shape of one embedder in a request.
Normal embedder_shape();

// What a request may be refused for before anything is stored: features that are off, members a source does not take.
Result<void> check_embedder_gates(const json::Object& given, const SettingsGates& gates);
Result<void> check_embedder_change(const std::string& name, const json::Object& given);

// `standing` may be null. The result is checked in full; a refusal here fails the task.
Result<EmbedderSettings> merged_embedder(const std::string& name, const EmbedderSettings* standing,
                                         const json::Object& given);
Result<EmbedderSettings> embedder_from_members(const json::Object& members);

}  // namespace miroir::protocol
