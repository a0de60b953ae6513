# SPDX-License-Identifier: Apache-2.0
# Fails when one of LIBRARIES (separated by commas) refers to a symbol that PATTERN matches.
# cmake -DNM=nm -DLIBRARIES=a.a,b.a -DPATTERN=^rd_kafka_ -P forbid_symbols.cmake
string(REPLACE "," ";" LIBRARIES "${LIBRARIES}")
foreach(library ${LIBRARIES})
  execute_process(COMMAND ${NM} -P ${library} OUTPUT_VARIABLE symbols ERROR_QUIET
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^ \n]+ U[^\n]*" undefined "${symbols}")
  if(NOT undefined)
    message(FATAL_ERROR "${NM} finds no symbols in ${library}")
  endif()
  foreach(symbol ${undefined})
    string(REGEX REPLACE " .*" "" symbol "${symbol}")
    if(symbol MATCHES "${PATTERN}")
      message(FATAL_ERROR "${library} refers to ${symbol}: only its own folder may")
    endif()
  endforeach()
endforeach()
