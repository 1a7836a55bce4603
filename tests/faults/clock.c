/*
 * A clock that a test puts forward: loaded before the others into one program (LD_PRELOAD), it
 * stands in front of clock_gettime(). The file that CLOCK_AHEAD names holds a number of
 * milliseconds (int64_t, as the machine has it), which is added to the time of day and to the time
 * since the start. What the program waits for then is due the next time it looks: its timers and
 * timeouts run as they do elsewhere, only sooner. Other programs' clocks stay as they are.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real_gettime)(clockid_t, struct timespec *);
static const volatile int64_t *ahead_ms;

static void __attribute__((constructor)) open_clock(void)
{
	const char *path = getenv("CLOCK_AHEAD");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	real_gettime = (__typeof__(real_gettime))dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0 || !real_gettime)
		abort();
	map = mmap(NULL, sizeof(*ahead_ms), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	close(fd);
	ahead_ms = map;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
	int code;

	if (!ahead_ms)
		open_clock(); /* another library asks before it is our turn */
	code = real_gettime(id, out);

	if (!code &&
	        (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_REALTIME)) {
		int64_t ns = out->tv_nsec + *ahead_ms % 1000 * 1000000;

		out->tv_sec += *ahead_ms / 1000 + ns / 1000000000;
		out->tv_nsec = ns % 1000000000;
	}
	return code;
}
