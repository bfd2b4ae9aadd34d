# Generates records, sorts them with memory for a part of them, validates the result.
file(REMOVE_RECURSE ${DIRECTORY})
file(MAKE_DIRECTORY ${DIRECTORY}/data)
execute_process(COMMAND ${GENERATE} 150000 7 OUTPUT_FILE ${DIRECTORY}/data/records.txt COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${SORT} --memory 8MiB --workers 2 WORKING_DIRECTORY ${DIRECTORY} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${VALIDATE} data/records.txt sorted.txt WORKING_DIRECTORY ${DIRECTORY} COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${DIRECTORY})
