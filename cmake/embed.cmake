# SPDX-License-Identifier: Apache-2.0
# epilogue_embed(<variable> <symbol> <file>): a generated C source that holds the file's bytes as
# `const unsigned char <symbol>[]` and `const size_t <symbol>_size`; its path goes to <variable>.
function(epilogue_embed variable symbol file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#include <stddef.h>
extern const unsigned char @symbol@[];
extern const size_t @symbol@_size;
const unsigned char @symbol@[] = {@bytes@};
const size_t @symbol@_size = sizeof @symbol@;
]])
  set(${variable} ${source} PARENT_SCOPE)
endfunction()
