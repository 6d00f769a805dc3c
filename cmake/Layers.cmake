# Which folder may use which. DEPENDS of pigsty_library() is checked against this table when CMake configures, and the
# compiler enforces it: a folder that is not depended on is not on the include path.
#
#   pigsty_layer(<folder> <allowed folder>…)
#
# The arrows point one way: provider -> core, and inside core
#   module -> converge, render, client, inventory -> item -> node -> ssh -> base.

function(pigsty_layer folder)
    set_property(GLOBAL PROPERTY PIGSTY_ALLOWED_${folder} "${ARGN}")
    set_property(GLOBAL APPEND PROPERTY PIGSTY_LAYERS "${folder}")
    foreach(allowed IN LISTS ARGN)
        if(folder MATCHES "^core/" AND NOT allowed MATCHES "^core/")
            message(FATAL_ERROR "cmake/Layers.cmake: ${folder} must not know ${allowed}: core does not know that Terraform exists.")
        endif()
        # What was not declared above would be an arrow that points up.
        get_property(known GLOBAL PROPERTY PIGSTY_LAYERS)
        if(NOT allowed IN_LIST known)
            message(FATAL_ERROR "cmake/Layers.cmake: ${folder} -> ${allowed} points upwards or names an unknown folder.")
        endif()
    endforeach()
endfunction()

set(reach core/base)
pigsty_layer(core/base)
pigsty_layer(core/ssh ${reach})
list(APPEND reach core/ssh)
pigsty_layer(core/node ${reach})
list(APPEND reach core/node)
pigsty_layer(core/item ${reach})
list(APPEND reach core/item)
pigsty_layer(core/converge ${reach})
pigsty_layer(core/render core/base)
pigsty_layer(core/client ${reach})

list(APPEND reach core/converge core/render core/client)
foreach(module platform ca node infra haproxy vip etcd minio redis
        pgsql/spec pgsql/session pgsql/pool pgsql/object pgsql/rules pgsql/backup pgsql/cluster testing)
    # A module may use the ones before it: a pgsql node is a node with certificates and an etcd to ask.
    pigsty_layer(core/module/${module} ${reach})
    list(APPEND reach core/module/${module})
endforeach()
pigsty_layer(core/inventory ${reach})
list(APPEND reach core/inventory)

pigsty_layer(proto)
pigsty_layer(provider/value core/base)
pigsty_layer(provider/framework provider/value core/base)
pigsty_layer(provider/plugin provider/value provider/framework core/base proto)
pigsty_layer(provider/watch core/base core/converge)
pigsty_layer(provider/configuration provider/value provider/framework ${reach})
foreach(kind resource data_source function action ephemeral list)
    pigsty_layer(provider/${kind} provider/value provider/framework provider/configuration ${reach})
endforeach()
pigsty_layer(provider/docs provider/value provider/framework core/base)
pigsty_layer(provider ${reach} proto
    provider/value provider/framework provider/plugin provider/resource provider/data_source provider/function
    provider/action provider/ephemeral provider/list provider/docs provider/watch provider/configuration)
