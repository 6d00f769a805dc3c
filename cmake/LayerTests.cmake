# Proofs that the borders hold, run by ctest.

add_test(NAME includes_are_rooted_at_the_repository
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/cmake/CheckIncludes.cmake)
add_test(NAME functions_of_a_folder_have_names_of_their_own
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/cmake/CheckNames.cmake)

if(TARGET pigsty_core_base AND TARGET pigsty_core_ssh)
    # The same source compiles where core/ssh is depended on and fails where it is not: without the first test the
    # second could fail for any reason.
    file(GLOB ssh_headers RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/core/ssh/*.h")
    list(SORT ssh_headers)
    list(GET ssh_headers 0 ssh_header)
    set(probe "${CMAKE_BINARY_DIR}/layers/uses_ssh.cpp")
    file(CONFIGURE OUTPUT "${probe}" CONTENT "#include \"${ssh_header}\"\n")
    foreach(folder core_ssh core_base)
        add_library(layer_probe_${folder} OBJECT EXCLUDE_FROM_ALL "${probe}")
        target_link_libraries(layer_probe_${folder} PRIVATE pigsty_${folder})
        add_test(NAME layer_probe_${folder}
            COMMAND ${CMAKE_COMMAND} --build "${CMAKE_BINARY_DIR}" --target layer_probe_${folder})
        set_tests_properties(layer_probe_${folder} PROPERTIES RESOURCE_LOCK build_folder)
    endforeach()
    set_tests_properties(layer_probe_core_base PROPERTIES
        PASS_REGULAR_EXPRESSION "${ssh_header}: No such file or directory|'${ssh_header}' file not found")
endif()
