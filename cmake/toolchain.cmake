# Warnings, linker, cache, sanitizers: the same for every room.
add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-march=x86-64-v2 -mpclmul)  # what simdjson needs to be more than its fallback
endif()
add_link_options(-fuse-ld=lld)

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1 ${CCACHE})
    add_compile_options(SHELL:-Xclang SHELL:-fno-pch-timestamp)
    # Without CMake's second half, which includes the header behind the precompiled one by its absolute path.
    set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)
endif()

set(MIROIR_SANITIZE "" CACHE STRING "address;undefined or thread")
if(MIROIR_SANITIZE)
    list(JOIN MIROIR_SANITIZE "," sanitizers)
    add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${sanitizers})
endif()
