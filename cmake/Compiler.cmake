# Language, warnings, sanitizers, ccache: everything that is said to the compiler about our own code.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

option(PIGSTY_STATIC "Link the provider fully static: it then runs on any Linux of this architecture" OFF)
set(PIGSTY_SANITIZE "" CACHE STRING "Sanitizers for our code: address,undefined or thread")

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR
            "GCC 12 or newer is needed (C++23 with std::expected), found ${CMAKE_CXX_COMPILER_ID} "
            "${CMAKE_CXX_COMPILER_VERSION}.")
    endif()
endif()

# Flags of our own libraries; generated protobuf code and third parties do not get them.
add_library(pigsty_warnings INTERFACE)
target_compile_options(pigsty_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's flow warnings see through inlined std::string and std::expected and report what cannot happen
    # (bugs 105329, 105651, 107919); clang-tidy and the sanitizers watch these.
    target_compile_options(pigsty_warnings INTERFACE
        $<$<NOT:$<CONFIG:Debug>>:-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds>)
    if(PIGSTY_SANITIZE)
        target_compile_options(pigsty_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
    endif()
endif()

if(PIGSTY_SANITIZE)
    # Our code only: the generated stubs and the libraries stay as the distribution built them.
    target_compile_options(pigsty_warnings INTERFACE -fsanitize=${PIGSTY_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${PIGSTY_SANITIZE})
endif()

add_compile_options(-ffunction-sections -fdata-sections)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_link_options(-Wl,--gc-sections -s)
endif()
if(PIGSTY_STATIC)
    # The linker warns that the resolver of a static program reads nsswitch.conf's modules at run time. "files" and "dns"
    # are built in, and more is not asked of it.
    add_link_options(-static -Wl,--no-warnings)
else()
    add_link_options(-Wl,--as-needed)
    # Each of thirty test programs links all of gRPC: 2 s instead of 5 s of the processor for each.
    find_program(PIGSTY_MOLD mold)
    if(PIGSTY_MOLD)
        add_link_options(-fuse-ld=mold)
    endif()
endif()

find_program(PIGSTY_CCACHE ccache)
if(PIGSTY_CCACHE)
    # Checkouts differ, the objects do not: with a build folder inside the checkout, as the presets have it, every path is
    # cached relative to it, so that a fresh clone is filled from the cache.
    cmake_path(IS_PREFIX CMAKE_SOURCE_DIR "${CMAKE_BINARY_DIR}" inside)
    set(base "${CMAKE_BINARY_DIR}")
    if(inside)
        set(base "${CMAKE_SOURCE_DIR}")
    endif()
    # The sloppiness is what ccache asks for where precompiled headers are used.
    set(launcher /usr/bin/env CCACHE_BASEDIR=${base} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${PIGSTY_CCACHE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
    endif()
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
