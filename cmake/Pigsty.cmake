# One library per folder:
#
#   pigsty_library(core/ssh SOURCES session.cpp channel.cpp DEPENDS core/base LINK Libssh2::libssh2)
#   pigsty_test(core/ssh session_test.cpp channel_test.cpp)
#
# gives the static library pigsty_core_ssh and the test program pigsty_core_ssh_test, known to ctest by that name.
#
# Each library exports an include root of its own, <build>/layers/<library>, that holds nothing but a link to its folder.
# So `#include "core/node/node.h"` compiles only in folders that depend on core/node, directly or through others.


function(pigsty_target folder out)
    string(REPLACE "/" "_" name "${folder}")
    set(${out} "pigsty_${name}" PARENT_SCOPE)
endfunction()

function(pigsty_include_root folder out)
    pigsty_target("${folder}" target)
    set(root "${CMAKE_BINARY_DIR}/layers/${target}")
    cmake_path(GET folder PARENT_PATH parent)
    file(MAKE_DIRECTORY "${root}/${parent}")
    file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${folder}" "${root}/${folder}" SYMBOLIC)
    set(${out} "${root}" PARENT_SCOPE)
endfunction()

# Refuses dependencies, the folders in ARGN, that the table in cmake/Layers.cmake does not allow `folder`.
function(pigsty_check_layer folder)
    get_property(layers GLOBAL PROPERTY PIGSTY_LAYERS)
    if(NOT folder IN_LIST layers)
        message(FATAL_ERROR "${folder} is not in the table of cmake/Layers.cmake: add it with the folders it may use.")
    endif()
    get_property(allowed GLOBAL PROPERTY PIGSTY_ALLOWED_${folder})
    foreach(dependency IN LISTS ARGN)
        if(NOT dependency IN_LIST allowed)
            list(JOIN allowed ", " allowed_text)
            message(FATAL_ERROR
                "${folder} must not depend on ${dependency}. cmake/Layers.cmake allows it: ${allowed_text}.")
        endif()
    endforeach()
endfunction()

# Links `target` to the libraries of the folders in ARGN.
function(pigsty_depend target visibility)
    foreach(dependency IN LISTS ARGN)
        pigsty_target("${dependency}" library)
        if(NOT TARGET ${library})
            message(FATAL_ERROR "${target} depends on ${dependency}, which is not there. PIGSTY_FOLDERS has to name it, too.")
        endif()
        target_link_libraries(${target} ${visibility} ${library})
    endforeach()
endfunction()

function(pigsty_library folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINK")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "pigsty_library(${folder}): what is ${arg_UNPARSED_ARGUMENTS}?")
    endif()
    pigsty_check_layer("${folder}" ${arg_DEPENDS})
    pigsty_target("${folder}" target)
    pigsty_include_root("${folder}" root)
    # A folder of headers only still gets a library that others link to; its headers are compiled by its tests.
    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        set(visibility PUBLIC)
        target_link_libraries(${target} PRIVATE pigsty_warnings)
        pigsty_quick_to_build(${target} core)
    else()
        add_library(${target} INTERFACE)
        set(visibility INTERFACE)
    endif()
    target_include_directories(${target} ${visibility} "${root}")
    pigsty_depend(${target} ${visibility} ${arg_DEPENDS})
    target_link_libraries(${target} ${visibility} ${arg_LINK})
endfunction()

# DEPENDS and LINK name what the tests need beyond the library itself. PIGSTY_TESTDATA is the folder's testdata/,
# seen from the root of the repository, where tests run: the same text in every checkout, so that ccache serves them all.
function(pigsty_test folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LINK")
    pigsty_check_layer("${folder}" ${arg_DEPENDS})
    if(PIGSTY_TESTS_OF AND NOT folder IN_LIST PIGSTY_TESTS_OF)
        return()
    endif()
    pigsty_target("${folder}" library)
    set(target ${library}_test)
    add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
    target_compile_definitions(${target} PRIVATE "PIGSTY_TESTDATA=\"${folder}/testdata\"")
    target_link_libraries(${target} PRIVATE pigsty_warnings ${library} GTest::gmock_main ${arg_LINK})
    pigsty_depend(${target} PRIVATE ${arg_DEPENDS})
    pigsty_quick_to_build(${target} test)
    # GCC 12's ThreadSanitizer does not know the memory layout of newer kernels' address randomization.
    if(PIGSTY_SANITIZE STREQUAL "thread")
        add_test(NAME ${target} COMMAND setarch -R $<TARGET_FILE:${target}>)
    else()
        add_test(NAME ${target} COMMAND ${target})
    endif()
    set_tests_properties(${target} PROPERTIES LABELS unit TIMEOUT 300 WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
endfunction()

# The provider program itself; main.cpp and nothing else lives there.
function(pigsty_program folder name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;DEPENDS;LINK")
    pigsty_check_layer("${folder}" ${arg_DEPENDS})
    add_executable(${name} ${arg_SOURCES})
    target_compile_definitions(${name} PRIVATE PIGSTY_VERSION="${PIGSTY_VERSION}")
    target_link_libraries(${name} PRIVATE pigsty_warnings ${arg_LINK})
    pigsty_depend(${name} PRIVATE ${arg_DEPENDS})
endfunction()
