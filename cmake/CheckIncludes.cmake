# cmake -DROOT=<repository> -P CheckIncludes.cmake
#
# A quoted include names a file from the root of the repository. A path that climbs ("../") or is relative to the file
# would step around the include roots that keep the layers apart.

file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/core/*.h" "${ROOT}/core/*.cpp" "${ROOT}/provider/*.h" "${ROOT}/provider/*.cpp")
set(wrong "")
foreach(file IN LISTS files)
    file(STRINGS "${ROOT}/${file}" includes REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]")
    foreach(line IN LISTS includes)
        if(line MATCHES "[\"<][^\">]*\\.\\./" OR (line MATCHES "\"" AND NOT line MATCHES "\"(core|provider|proto)/[^\"]+\""))
            string(APPEND wrong "  ${file}: ${line}\n")
        endif()
    endforeach()
endforeach()
if(wrong)
    message(FATAL_ERROR "Includes must be rooted at the repository, as in \"core/base/result.h\":\n${wrong}")
endif()
list(LENGTH files count)
message(STATUS "${count} files, every include rooted at the repository")
