# A room is a folder that is one library: its sources, the rooms it may use, its tests.
#
#   miroir_room(cluster USES base PACKAGES PkgConfig::xxhash)
#
# makes miroir_cluster from every *.cpp here and below (subfolders that are rooms themselves are left out with
# WITHOUT), and cluster_test from every *_test.cpp. What is not named under USES does not link.

add_library(miroir_words INTERFACE)
target_include_directories(miroir_words INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})

# One precompiled set of standard headers for all rooms.
add_library(miroir_std_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(miroir_std_pch PRIVATE
    <algorithm> <array> <charconv> <chrono> <coroutine> <cstdint> <expected> <functional> <map> <memory> <optional>
    <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)

add_library(miroir_test_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_link_libraries(miroir_test_pch PUBLIC GTest::gtest)
target_precompile_headers(miroir_test_pch PRIVATE
    <algorithm> <chrono> <coroutine> <expected> <functional> <map> <memory> <optional> <string> <string_view>
    <unordered_map> <utility> <variant> <vector> <gtest/gtest.h>)

# Tests that read files of the repository take its folder from here: a path on the command line would keep the
# compiler cache from serving one clone what another compiled.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/source_dir.cpp
    CONTENT "extern const char* const kSourceDir;\nconst char* const kSourceDir = \"${CMAKE_SOURCE_DIR}\";\n")
add_library(miroir_source_dir STATIC ${CMAKE_BINARY_DIR}/source_dir.cpp)

# A precompiled header names the folder it was made in, so its bytes differ between clones although it says the same.
# The cache compares this sum instead.
function(miroir_share_pch library)
    get_target_property(headers ${library} PRECOMPILE_HEADERS)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${CMAKE_FILES_DIRECTORY}/${library}.dir/cmake_pch.hxx.pch.sum
        CONTENT "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_FLAGS} ${CMAKE_BUILD_TYPE} ${MIROIR_SANITIZE} ${headers}\n")
endfunction()
miroir_share_pch(miroir_std_pch)
miroir_share_pch(miroir_test_pch)

function(miroir_room name)
    cmake_parse_arguments(ROOM "" "" "USES;PACKAGES;WITHOUT;TEST_USES" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    foreach(left_out IN LISTS ROOM_WITHOUT)
        list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${left_out}/")
    endforeach()
    list(FILTER sources EXCLUDE REGEX "_main\\.cpp$")
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

    list(TRANSFORM ROOM_USES PREPEND miroir_)
    if(sources)
        add_library(miroir_${name} STATIC ${sources})
        target_link_libraries(miroir_${name} PUBLIC miroir_words ${ROOM_USES} ${ROOM_PACKAGES})
        target_precompile_headers(miroir_${name} REUSE_FROM miroir_std_pch)
    else()
        add_library(miroir_${name} INTERFACE)
        target_link_libraries(miroir_${name} INTERFACE miroir_words ${ROOM_USES} ${ROOM_PACKAGES})
    endif()

    if(tests)
        list(TRANSFORM ROOM_TEST_USES PREPEND miroir_)
        add_executable(${name}_test ${tests})
        target_link_libraries(${name}_test PRIVATE miroir_${name} ${ROOM_TEST_USES} miroir_source_dir GTest::gtest GTest::gtest_main)
        target_precompile_headers(${name}_test REUSE_FROM miroir_test_pch)
        add_test(NAME ${name} COMMAND ${name}_test)
        set_tests_properties(${name} PROPERTIES TIMEOUT 300)
    endif()
endfunction()
