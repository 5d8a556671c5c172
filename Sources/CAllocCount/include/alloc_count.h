#ifndef ALLOC_COUNT_H
#define ALLOC_COUNT_H
#include <stddef.h>

void *memalign(size_t alignment, size_t size);

#endif
