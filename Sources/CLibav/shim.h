#pragma once
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/crc.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/time.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

/* Macros that the Swift importer drops: function-like ones, casts, compound literals. */
static const int shim_AVERROR_EOF = AVERROR_EOF;
static const int shim_AVERROR_EXIT = AVERROR_EXIT;
static const int shim_AVERROR_INVALIDDATA = AVERROR_INVALIDDATA;
static const int shim_AVERROR_EAGAIN = AVERROR(EAGAIN);
static inline int shim_AVERROR(int posix) { return AVERROR(posix); }
static const int64_t shim_AV_NOPTS_VALUE = AV_NOPTS_VALUE;

/* Swift knows no bit fields. */
static inline int shim_is_key(const AVIndexEntry *entry) {
  return (entry->flags & AVINDEX_KEYFRAME) != 0;
}

/* Where a stream's display matrix is changed with libavformat 60.15; NULL when it has none. */
static inline const int32_t *shim_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData *side = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
      AV_PKT_DATA_DISPLAYMATRIX);
  return side && side->size >= 9 * sizeof(int32_t) ? (const int32_t *)side->data : NULL;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 9 * sizeof(int32_t) ? (const int32_t *)data : NULL;
#endif
}

/* Whether the muxer of Matroska adds the CodecDelay that it writes to the times it is given: not with
   FFmpeg 5.1, but with 7.1. */
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(61, 0, 0)
static const bool shim_matroska_adds_delay = true;
#else
static const bool shim_matroska_adds_delay = false;
#endif

/* The C library declares it for _GNU_SOURCE only. */
int sync_file_range(int file, int64_t offset, int64_t count, unsigned int flags);
static inline void shim_begin_writeback(int file, int64_t offset, int64_t count) {
  (void)sync_file_range(file, offset, count, 2 /* SYNC_FILE_RANGE_WRITE */);
}

/* The C library names it for _GNU_SOURCE only. */
static const int shim_O_DIRECT = __O_DIRECT;

/* The C library's mmsghdr and what takes it, which it declares for _GNU_SOURCE only. */
struct shim_datagram {
  struct msghdr head;
  unsigned int size;
};
struct mmsghdr;
int recvmmsg(int socket, struct mmsghdr *datagrams, unsigned int count, int flags, struct timespec *limit);
static inline int shim_receive(int socket, struct shim_datagram *datagrams, unsigned int count) {
  return recvmmsg(socket, (struct mmsghdr *)datagrams, count, MSG_DONTWAIT, NULL);
}
