# What `cmake --install` adds to the library (sinter/CMakeLists.txt): the command, its completions and manual, the docs; and CPack's packages.
include(GNUInstallDirs)

if(SINTER_BUILD_COMMAND)
  install(TARGETS sinter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # Made by the program itself, so that they cannot differ from it.
  set(made ${PROJECT_BINARY_DIR}/made_by_command)
  add_custom_command(OUTPUT ${made}/sinter.1 ${made}/sinter.bash ${made}/_sinter ${made}/sinter.fish
    DEPENDS sinter ${PROJECT_SOURCE_DIR}/cmake/command_files.cmake COMMENT "Writing completions and manual"
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:sinter> -DOUTPUT=${made} -DVERSION=${PROJECT_VERSION}
      -P ${PROJECT_SOURCE_DIR}/cmake/command_files.cmake)
  add_custom_target(sinter_command_files ALL DEPENDS ${made}/sinter.1)
  install(FILES ${made}/sinter.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${made}/sinter.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME sinter)
  install(FILES ${made}/_sinter DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${made}/sinter.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
if(SINTER_BUILD_COMMAND)
  # Where systemd of /usr looks; nothing is enabled (deploy/debian/).
  install(FILES deploy/systemd/sinter-tracker.service deploy/systemd/sinter-node.service DESTINATION lib/systemd/system)
  install(FILES deploy/systemd/sinter.conf DESTINATION lib/sysusers.d)
endif()
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

# Installing and packing take what `all` has built, and build nothing.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# cpack --config build/release/CPackConfig.cmake: a .deb and a .tar.gz (./dev package).
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME sinter)
set(CPACK_PACKAGE_CONTACT "the sinter developers <sinter@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "MapReduce for data fusion: one record per entity from sources that disagree")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS tzdata)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/postinst ${PROJECT_SOURCE_DIR}/deploy/debian/prerm
  ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
