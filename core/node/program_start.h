// Starting one of our perl programs on a node: privilege, the fixed bootstrap, and what to say when it fails.
//
//     TRY(auto started, start_program(launcher, become, kRootEndProgram, first_frames, cancel));
//     started.frames.next() …
//
// Nothing variable is ever on a command line: the program, and the password that sudo may ask for, travel on standard
// input.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/secret.h"
#include "core/node/frame.h"
#include "core/node/remote_process.h"

namespace pigsty::node {

// How the login user becomes root: sudo, with a password where it asks for one. Not needed for root.
struct Become {
    bool enabled = true;
    Secret password{};
};

struct StartedProgram {
    std::unique_ptr<RemoteProcess> process;
    FrameReader frames;  // what came with the program's first words
    std::size_t bytes_out = 0, bytes_in = 0;
};

// Runs `program` as root and sends it `input` at once. Errors: `denied` (sudo, password), `unsupported` (no perl),
// `unreachable`.
Result<StartedProgram> start_program(Launcher& launcher, const Become& become, std::string_view program,
                                     std::string_view input, const Cancel& cancel);

}  // namespace pigsty::node
