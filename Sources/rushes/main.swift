import Commands

Rushes.main()
