#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "submitter/qfront/door.h"
#include "submitter/qfront/plan.h"
#include "submitter/qfront/submission.h"

enum {
	BACKLOG = 1024,
	READ_BYTES = 262144,
	FIRST_ROOM = 65536,
	TICK_MS = 1000,
	ANNOUNCED_ROOM_MAX = 64 << 20, /* what is said is believed up to here, then what comes */
};

struct guest {
	struct door_guest base; /* first: door_answer() finds the guest by it */
	struct door *door;
	struct guest *next, *previous;
	int fd;
	struct loop_source *source;
	int message_fd; /* -1: not here yet, or read to its end */
	struct loop_source *message_source;
	struct buf said;
	struct letter letter;
	char *bytes;
	size_t size, room;
	int64_t since_ms;
	int asked; /* the message has ended: is who wrote it still there? */
	char presence[DOOR_HEAD];
	size_t presence_size;
	int handed; /* the message is with the caller */
};

struct door {
	struct loop *loop;
	struct door_options options;
	char *path;
	int fd;
	struct loop_source *source, *timer;
	struct guest *guests;
};

/* ---- guests ---- */

static void guest_free(struct guest *guest)
{
	if (guest->previous)
		guest->previous->next = guest->next;
	else
		guest->door->guests = guest->next;
	if (guest->next)
		guest->next->previous = guest->previous;
	loop_remove(&guest->source);
	if (guest->message_source)
		loop_remove(&guest->message_source);
	if (guest->message_fd >= 0)
		close(guest->message_fd);
	close(guest->fd);
	if (!guest->handed)
		budget_leave(guest->door->options.budget, guest->room);
	buf_fini(&guest->said);
	letter_fini(&guest->letter);
	free(guest->bytes);
	free(guest);
}

/* A few hundred bytes into an empty socket: they fit, or nobody reads them. */
static void write_answer(int fd, int status, const char *text)
{
	struct buf bytes = {0};

	answer_write(&bytes, status, text);
	(void)!send(fd, bytes.data, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
	buf_fini(&bytes);
}

static void guest_answer(struct door_guest *base, int status, const char *text)
{
	struct guest *guest = (struct guest *)base;

	write_answer(guest->fd, status, text);
	guest_free(guest);
}

static void guest_refuse(struct guest *guest, const char *text)
{
	log_event(LOG_LEVEL_WARNING, NULL, "refused", "queue=%s text=%s",
	        log_quote(guest->letter.texts[LETTER_QUEUE_ID]), log_quote(text));
	guest_answer(&guest->base, ANSWER_LATER, text);
}

static void guest_left(struct guest *guest)
{
	struct door *door = guest->door;
	void *hand = guest->base.hand;

	guest_free(guest);
	if (hand)
		door->options.calls.left(door->options.context, hand);
}

/* ---- the message ---- */

static uint64_t announced_size(const struct guest *guest)
{
	const char *text = guest->letter.texts[LETTER_SIZE];
	uint64_t size = 0;

	if (text && text_number(text, UINT64_MAX / 2, &size))
		return size;
	return 0;
}

/* Room for another read, out of the budget. */
static int make_room(struct guest *guest)
{
	size_t announced = (size_t)announced_size(guest), room;

	if (guest->room - guest->size >= READ_BYTES)
		return 1;
	if (!guest->room && announced < ANNOUNCED_ROOM_MAX)
		room = FIRST_ROOM + announced + READ_BYTES;
	else
		room = guest->room + guest->room / 2 + READ_BYTES;
	if (!budget_take(guest->door->options.budget, room - guest->room))
		return 0;
	guest->bytes = alloc_grow(guest->bytes, room, 1);
	guest->room = room;
	return 1;
}

static void hand_in(struct guest *guest)
{
	struct door *door = guest->door;
	struct door_message message = {.bytes = guest->bytes,
	        .size = guest->size,
	        .counted = guest->room,
	        .since_ms = guest->since_ms};

	guest->asked = 0;
	guest->bytes = NULL;
	guest->handed = 1;
	door->options.calls.arrived(door->options.context, &guest->base, &guest->letter, &message);
}

/* A writer that was killed ends its message too, and what is short of a small one does not show in
 * its size. */
static void ask_for_presence(struct guest *guest)
{
	char question[DOOR_HEAD];

	loop_remove(&guest->message_source);
	close(guest->message_fd);
	guest->message_fd = -1;
	if (submission_is_short(guest->bytes, guest->size, announced_size(guest))) {
		guest_refuse(guest, "4.3.0 the message ended before its announced size");
		return;
	}
	guest->asked = 1;
	question_write(question);
	/* Not sent: the guest is gone, which its socket tells. */
	(void)!send(guest->fd, question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Readable means that one read does not wait, so the descriptor's flags, which belong to whoever
 * else has it open, are left alone. */
static void on_message(void *context, unsigned events)
{
	struct guest *guest = context;
	ssize_t got;

	if (!make_room(guest)) {
		guest_refuse(guest, "4.3.2 too many bytes in hand");
		return;
	}
	got = read(guest->message_fd, guest->bytes + guest->size, guest->room - guest->size);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got < 0) {
		guest_refuse(guest, "4.3.0 the message can't be read");
		return;
	}
	guest->size += (size_t)got;
	if (got == 0)
		ask_for_presence(guest);
}

/* ---- the letter ---- */

static void take_descriptors(struct guest *guest, struct msghdr *header)
{
	struct cmsghdr *control;
	int fd;

	for (control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
		        control->cmsg_len != CMSG_LEN(sizeof(int)))
			continue;
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
		if (guest->message_fd < 0)
			guest->message_fd = fd;
		else
			close(fd);
	}
}

static void read_letter(struct guest *guest)
{
	struct err err;
	char text[sizeof(err.text) + 16];

	if (letter_read(guest->said.data, guest->said.size, &guest->letter, &err)) {
		snprintf(text, sizeof(text), "4.3.5 %s", err.text);
		guest_refuse(guest, text);
	} else if (guest->message_fd < 0) {
		guest_refuse(guest, "4.3.5 no message came with the letter");
	} else {
		guest->message_source = loop_add_fd(
		        guest->door->loop, guest->message_fd, LOOP_READ, on_message, guest);
	}
}

static void take_presence(struct guest *guest, const char *bytes, size_t size)
{
	if (size > DOOR_HEAD - guest->presence_size) {
		guest_refuse(guest, "4.3.5 more came than was asked for");
		return;
	}
	memcpy(guest->presence + guest->presence_size, bytes, size);
	guest->presence_size += size;
	if (guest->presence_size < DOOR_HEAD)
		return;
	if (presence_is(guest->presence))
		hand_in(guest);
	else
		guest_refuse(guest, "4.3.5 what came is not what was asked for");
}

/* No more than the letter, and later the presence, is ever read: room for one descriptor, and the
 * size for the bytes. */
static void on_guest(void *context, unsigned events)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char bytes[16384];
	struct guest *guest = context;
	struct iovec run = {bytes, sizeof(bytes)};
	struct msghdr header = {.msg_iov = &run,
	        .msg_iovlen = 1,
	        .msg_control = control,
	        .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(guest->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	size_t want;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* Gone; or talking on behind its letter, which nothing of ours does. */
	if (got <= 0 || guest->message_source || guest->handed) {
		guest_left(guest);
		return;
	}
	take_descriptors(guest, &header);
	if (guest->asked) {
		take_presence(guest, bytes, (size_t)got);
		return;
	}
	buf_add(&guest->said, bytes, (size_t)got);
	if (guest->said.size < DOOR_HEAD)
		return;
	want = letter_size(guest->said.data);
	if (!want || guest->said.size > want)
		guest_refuse(guest, "4.3.5 what came is not a letter");
	else if (guest->said.size == want)
		read_letter(guest);
}

/* ---- the door ---- */

static void add_guest(struct door *door, int fd)
{
	struct guest *guest = alloc_zero(1, sizeof(*guest));

	guest->base.answer = guest_answer;
	guest->door = door;
	guest->fd = fd;
	guest->message_fd = -1;
	guest->since_ms = loop_now_ms(door->loop);
	guest->next = door->guests;
	if (guest->next)
		guest->next->previous = guest;
	door->guests = guest;
	guest->source = loop_add_fd(door->loop, fd, LOOP_READ, on_guest, guest);
}

static void log_guest(int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (log_enabled(LOG_LEVEL_DEBUG) &&
	        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0)
		log_event(LOG_LEVEL_DEBUG, NULL, "guest", "pid=%d uid=%u", (int)who.pid,
		        (unsigned)who.uid);
}

/* Without a descriptor to take them by, those who wait at the door would be reported in every turn.
 */
static void rest(struct door *door, int error)
{
	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return;
	log_event(LOG_LEVEL_ERROR, NULL, "door-rests", "error=%s", log_quote(strerror(error)));
	loop_change(door->source, 0);
}

static void on_door(void *context, unsigned events)
{
	struct door *door = context;
	int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		rest(door, errno);
		return;
	}
	log_guest(fd);
	if (budget_enter(door->options.budget)) {
		add_guest(door, fd);
		return;
	}
	log_event(LOG_LEVEL_WARNING, NULL, "refused", "text=\"too many messages in hand\"");
	write_answer(fd, ANSWER_LATER, "4.3.2 too many messages in hand");
	close(fd);
}

static void on_tick(void *context, int64_t now_ms)
{
	struct door *door = context;
	struct guest *guest, *next;

	if (door->source)
		loop_change(door->source, LOOP_READ);
	for (guest = door->guests; guest; guest = next) {
		next = guest->next;
		if (!guest->handed && now_ms >= guest->since_ms + door->options.deadline_ms)
			guest_refuse(guest, "4.4.1 the message did not come in time");
	}
}

static enum result make_parent(const char *path, struct err *err)
{
	char *folder = alloc_string(path), *slash = strrchr(folder, '/');
	enum result result = RESULT_OK;

	if (slash && slash > folder) {
		*slash = '\0';
		result = file_make_folder(folder, 0755, err);
	}
	free(folder);
	return result;
}

static enum result give_to_group(const char *path, const char *name, struct err *err)
{
	struct group *group;

	if (!*name)
		return RESULT_OK;
	group = getgrnam(name);
	if (!group)
		return err_set(err, RESULT_PERMANENT, "there is no group %s", name);
	if (chown(path, (uid_t)-1, group->gr_gid) < 0)
		return err_sys(err, RESULT_PERMANENT, "give %s to the group %s", path, name);
	return RESULT_OK;
}

/* A socket's file outlives its program; one that somebody answers at is not ours to take. */
static enum result clear_path(const struct sockaddr_un *address, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failed;

	failed = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	close(fd);
	if (!failed)
		return err_set(
		        err, RESULT_PERMANENT, "%s: another qfront serves it", address->sun_path);
	unlink(address->sun_path);
	return RESULT_OK;
}

static enum result listen_at(struct door *door, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int failed;

	if (strlen(door->path) >= sizeof(address.sun_path))
		return err_set(err, RESULT_PERMANENT, "%s: too long for a socket", door->path);
	strcpy(address.sun_path, door->path);
	if (make_parent(door->path, err) || clear_path(&address, err))
		return RESULT_PERMANENT;
	door->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (door->fd < 0)
		return err_sys(err, RESULT_TEMPORARY, "socket");
	mask = umask(0117);
	failed = bind(door->fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (failed || listen(door->fd, BACKLOG) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", door->path);
	return give_to_group(door->path, door->options.group, err);
}

enum result door_pipe_open(
        struct loop *loop, const struct door_options *options, struct door **out, struct err *err)
{
	struct door *door = alloc_zero(1, sizeof(*door));
	enum result result;

	door->loop = loop;
	door->options = *options;
	door->path = alloc_string(options->path);
	door->fd = -1;
	result = listen_at(door, err);
	if (result) {
		door_pipe_close(&door);
		return result;
	}
	door->source = loop_add_fd(loop, door->fd, LOOP_READ, on_door, door);
	door->timer = loop_add_timer(loop, TICK_MS, on_tick, door);
	*out = door;
	return RESULT_OK;
}

void door_pipe_stop(struct door *door)
{
	if (door->source)
		loop_remove(&door->source);
	if (door->fd >= 0) {
		close(door->fd);
		unlink(door->path);
	}
	door->fd = -1;
}

size_t door_pipe_reading(const struct door *door)
{
	const struct guest *guest;
	size_t count = 0;

	for (guest = door->guests; guest; guest = guest->next)
		count += !guest->handed;
	return count;
}

void door_pipe_close(struct door **door)
{
	struct guest *guest;

	while ((guest = (*door)->guests)) {
		assert(!guest->handed);
		guest_answer(&guest->base, ANSWER_LATER, "4.3.2 the filter is stopping");
	}
	door_pipe_stop(*door);
	if ((*door)->timer)
		loop_remove(&(*door)->timer);
	free((*door)->path);
	free(*door);
	*door = NULL;
}
