/*
 * Numbers as formats write them, byte by byte, wherever they lie. Nothing is checked: the caller
 * has seen that the bytes are there.
 */
#ifndef LIB_BASE_BYTES_H
#define LIB_BASE_BYTES_H

#include <stdint.h>

static inline uint32_t bytes_little16(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t bytes_little32(const unsigned char *at)
{
	return bytes_little16(at) | bytes_little16(at + 2) << 16;
}

static inline uint64_t bytes_little64(const unsigned char *at)
{
	return bytes_little32(at) | (uint64_t)bytes_little32(at + 4) << 32;
}

static inline void bytes_put_little32(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
	at[2] = (unsigned char)(value >> 16);
	at[3] = (unsigned char)(value >> 24);
}

static inline uint32_t bytes_big32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

#endif
