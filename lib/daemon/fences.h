/*
 * What the kernel, and a container around us, let a process put around itself. Each fence is tried,
 * in a child that ends at once: a kernel that knows one may still be told to refuse it. Nothing
 * here is fenced; whoever meets hostile bytes does that itself.
 */
#ifndef LIB_DAEMON_FENCES_H
#define LIB_DAEMON_FENCES_H

enum fence {
	FENCE_PRIVILEGES, /* no new privileges, and not to be looked into (prctl(2)) */
	FENCE_SECCOMP,    /* a filter of system calls (seccomp(2)) */
	FENCE_LANDLOCK,   /* no files but those in one folder (landlock(7)) */
};
enum { FENCES = FENCE_LANDLOCK + 1 };

/* "seccomp filter" */
const char *fence_name(enum fence fence);
/* What a scanner that is taken over may do where the fence is missing, one sentence. */
const char *fence_loss(enum fence fence);

/* Whether it holds here, for the account that asks. Forks; SIGCHLD may be blocked, and must not be
 * ignored. */
int fence_stands(enum fence fence);

#endif
