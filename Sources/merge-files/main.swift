import Commands

MergeFiles.main()
