# What makes a build of everything four times as fast: nearly all of a source's time goes into reading the same headers and
# instantiating the same templates of the standard library, nlohmann/json and fmt.
#
#   pigsty_quick_to_build(<target> core|test)
#
#  - The headers that most sources read are precompiled, once per preset and kind of target.
#  - Sources of a target are compiled several at a time, as one (CMake's unity build). So functions of
#    anonymous namespaces have names of their own in a folder (CheckNames.cmake), which a reader likes, too.
# A source still includes what it uses: acceptance/lint.sh compiles each by itself, with PIGSTY_QUICK_BUILD=OFF.

option(PIGSTY_QUICK_BUILD "Compile sources of a target together, from precompiled headers" ON)

set(PIGSTY_PRECOMPILED_core
    <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <mutex> <optional> <set> <sstream> <string>
    <string_view> <thread> <utility> <vector> <fmt/format.h> <nlohmann/json.hpp>)
set(PIGSTY_PRECOMPILED_test ${PIGSTY_PRECOMPILED_core} <filesystem> <fstream> <gmock/gmock.h> <gtest/gtest.h>)

function(pigsty_quick_to_build target kind)
    if(NOT PIGSTY_QUICK_BUILD)
        return()
    endif()
    set(precompiled pigsty_precompiled_${kind})
    if(NOT TARGET ${precompiled})
        file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/${precompiled}.cpp" CONTENT "")
        add_library(${precompiled} OBJECT "${CMAKE_BINARY_DIR}/${precompiled}.cpp")
        target_link_libraries(${precompiled} PRIVATE pigsty_warnings fmt::fmt-header-only nlohmann_json::nlohmann_json)
        if(kind STREQUAL "test")
            target_link_libraries(${precompiled} PRIVATE GTest::gmock)
        endif()
        target_precompile_headers(${precompiled} PRIVATE ${PIGSTY_PRECOMPILED_${kind}})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${precompiled})
    # Also where a target uses neither: the headers were precompiled with its definitions.
    target_link_libraries(${target} PRIVATE fmt::fmt-header-only)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
endfunction()
