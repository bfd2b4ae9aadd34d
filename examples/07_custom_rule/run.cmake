# cmake -DSINTER= -DPLUGIN= -DDIRECTORY= -P run.cmake: runs the example in DIRECTORY with two workers and compares what it wrote.
file(REMOVE_RECURSE ${DIRECTORY})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/job.yaml ${CMAKE_CURRENT_LIST_DIR}/data ${PLUGIN} DESTINATION ${DIRECTORY})
execute_process(COMMAND ${SINTER} check ${DIRECTORY}/job.yaml COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${SINTER} run ${DIRECTORY}/job.yaml --set execution.workers=2 COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${DIRECTORY}/out/books.csv ${CMAKE_CURRENT_LIST_DIR}/expected/books.csv
  COMMAND_ERROR_IS_FATAL ANY)
