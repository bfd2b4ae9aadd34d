# cmake -DPROGRAM= -DOUTPUT= -DEXPECTED= [-DOPTIONS=] -P compare.cmake: runs an example with two workers and compares what it wrote.
execute_process(COMMAND ${PROGRAM} --workers 2 --force --output ${OUTPUT} ${OPTIONS} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${OUTPUT} ${EXPECTED} RESULT_VARIABLE different)
if(different)
  message(FATAL_ERROR "${OUTPUT} differs from ${EXPECTED}")
endif()
