# cmake -DDOXYGEN= -DROOT= -DHEADERS= -DOUTPUT= -P api_reference.cmake: OUTPUT/html/ from the public headers in HEADERS. Fails on a warning, and
# on an undocumented type or function. Members that their name says, and specialisations, which the template tells of, need no comment; that a
# template derives from a specialisation of itself is no fault.
cmake_minimum_required(VERSION 3.25)
file(READ ${ROOT}/docs/Doxyfile doxyfile)
file(MAKE_DIRECTORY ${OUTPUT})
file(WRITE ${OUTPUT}/Doxyfile "${doxyfile}\nINPUT = ${HEADERS}\nSTRIP_FROM_PATH = ${HEADERS}\nSTRIP_FROM_INC_PATH = ${HEADERS}\n"
  "OUTPUT_DIRECTORY = ${OUTPUT}\n")
execute_process(COMMAND ${DOXYGEN} ${OUTPUT}/Doxyfile RESULT_VARIABLE status ERROR_VARIABLE output)
string(REGEX REPLACE ";" "," output "${output}")
string(REGEX MATCHALL "[^\n]+" lines "${output}")
set(findings "")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "Member .* of (class|struct) .* is not documented" AND NOT line MATCHES "(Compound .*<.*>|Member [A-Za-z]+< .* > .variable. of namespace .*) is not documented"
     AND NOT line MATCHES "potential recursive class relation")
    string(APPEND findings "${line}\n")
  endif()
endforeach()
if(findings OR NOT status EQUAL 0)
  message(FATAL_ERROR "doxygen is not content with the public headers:\n${findings}")
endif()
message(STATUS "${OUTPUT}/html/index.html")
