import CLibav

/// The C library's heap, from which libav and everything else in the process allocates.
package enum Heap {
  /// Makes all threads allocate from one heap, and gives blocks of 64 KiB and more back to the
  /// system as soon as they are freed.
  ///
  /// For many threads that allocate little at a time: with a heap for each, as is usual, every one
  /// of them keeps what its largest packets once took, and the process grows for hours.
  package static func share() {
    mallopt(M_ARENA_MAX, 1)
    mallopt(M_MMAP_THRESHOLD, 64 << 10)
  }

  /// Gives what is free back to the system, and blocks of a quarter of a MiB and more as soon as they
  /// are freed: more than a parameter set or a packet of MPEG-TS takes, which come by the thousand.
  ///
  /// For work that holds little but is done beside a long session: the C library would raise what it
  /// calls large with each block that is freed, until clusters and queues of packets leave holes.
  package static func bound() {
    trim()
    mallopt(M_MMAP_THRESHOLD, 256 << 10)
    mallopt(M_TRIM_THRESHOLD, 4 << 20)
  }

  /// Gives what is free back to the system.
  package static func trim() { malloc_trim(0) }

  /// Keeps what is freed for what is allocated next.
  ///
  /// For long work whose packets, decoders and buffers come and go all the time: the C library would
  /// sweep up small blocks whenever a large one is freed, and give memory back only to take it again.
  /// What is free when it begins, after a long session was opened, goes back to the system.
  package static func keep() {
    trim()
    mallopt(M_MXFAST, 0)
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    mallopt(M_TRIM_THRESHOLD, 64 << 20)
  }
}
