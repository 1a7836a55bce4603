#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/pair/pair.h"

static int ends[2];

static int open_pair(void **state)
{
	return pair_new(ends, NULL);
}

static int close_pair(void **state)
{
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* The wire's own form, built by hand: what a scanner taken over by a message could send. */
struct label {
	uint32_t magic, kind;
	uint64_t sizes[2];
};

static void send_raw(const void *bytes, size_t size, const int *fds, size_t count)
{
	char room[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct iovec run = {(void *)bytes, size};
	struct msghdr message = {.msg_iov = &run, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (count) {
		message.msg_control = room;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	assert_int_equal(sendmsg(ends[0], &message, 0), size);
}

static int memfd_of(size_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static const int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

static void assert_refused(const struct label *label, int fd, const char *why)
{
	struct pair_parcel parcel;
	struct err err;

	send_raw(label, sizeof(*label), &fd, 1);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, why);
	close(fd);
}

/* A label, and bytes behind it instead of a descriptor. */
static void assert_copy_refused(const struct label *label, const char *bytes, const char *why)
{
	char packet[64] = {0};
	struct pair_parcel parcel;
	struct err err;

	memcpy(packet, label, sizeof(*label));
	memcpy(packet + sizeof(*label), bytes, strlen(bytes));
	send_raw(packet, sizeof(*label) + strlen(bytes), NULL, 0);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, why);
}

static int open_fds(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void both_parts_arrive_as_they_were(void **state)
{
	struct pair_parcel parcel;

	assert_int_equal(pair_send(ends[0], PAIR_SCAN, "one", 3, "zwei", 4, NULL), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], 7, &parcel, NULL), RESULT_OK);
	assert_int_equal(parcel.kind, PAIR_SCAN);
	assert_int_equal(parcel.sizes[0], 3);
	assert_int_equal(parcel.sizes[1], 4);
	assert_memory_equal(parcel.parts[0], "one", 3);
	assert_memory_equal(parcel.parts[1], "zwei", 4);
	pair_parcel_free(&parcel);
	assert_null(parcel.mapping);
}

static void an_empty_parcel_arrives(void **state)
{
	struct pair_parcel parcel;

	assert_int_equal(pair_send(ends[0], PAIR_RESULT, NULL, 0, NULL, 0, NULL), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], 0, &parcel, NULL), RESULT_OK);
	assert_non_null(parcel.parts[0]);
	assert_non_null(parcel.parts[1]);
	assert_int_equal(parcel.sizes[0] + parcel.sizes[1], 0);
	pair_parcel_free(&parcel);
}

static void a_large_message_arrives_whole(void **state)
{
	size_t size = 30 << 20;
	char *bytes = alloc(size);
	struct pair_parcel parcel;

	memset(bytes, 'x', size);
	bytes[size - 1] = 'y';
	assert_int_equal(pair_send(ends[0], PAIR_SCAN, "h", 1, bytes, size, NULL), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], size + 1, &parcel, NULL), RESULT_OK);
	assert_memory_equal(parcel.parts[1], bytes, size);
	pair_parcel_free(&parcel);
	free(bytes);
}

static void assert_arrives(const char *bytes, size_t first, size_t second, int mapped)
{
	struct pair_parcel parcel;

	assert_int_equal(
	        pair_send(ends[0], PAIR_SCAN, bytes, first, bytes + 1, second, NULL), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], first + second, &parcel, NULL), RESULT_OK);
	assert_int_equal(parcel.sizes[0], first);
	assert_int_equal(parcel.sizes[1], second);
	assert_memory_equal(parcel.parts[0], bytes, first);
	assert_memory_equal(parcel.parts[1], bytes + 1, second);
	assert_int_equal(parcel.mapping != NULL, mapped);
	pair_parcel_free(&parcel);
}

static void few_bytes_are_copied_and_one_more_is_mapped(void **state)
{
	size_t at, most = PAIR_INLINE_BYTES;
	char *bytes = alloc(most + 2);

	for (at = 0; at < most + 2; at++)
		bytes[at] = (char)(at % 251);
	assert_arrives(bytes, 100, most - 100, 0);
	assert_arrives(bytes, most, 0, 0);
	assert_arrives(bytes, 100, most - 99, 1);
	assert_arrives(bytes, most + 1, 0, 1);
	free(bytes);
}

static void a_packet_that_the_socket_cannot_hold_is_mapped(void **state)
{
	int small = 4096;
	char bytes[30001] = {1};

	assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	assert_arrives(bytes, 3, 30000, 1);
}

static void the_receiver_cannot_write_into_a_mapping(void **state)
{
	static const char bytes[PAIR_INLINE_BYTES + 1];
	struct pair_parcel parcel;

	assert_int_equal(
	        pair_send(ends[0], PAIR_SCAN, bytes, sizeof(bytes), NULL, 0, NULL), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], sizeof(bytes), &parcel, NULL), RESULT_OK);
	assert_int_equal(mprotect(parcel.mapping, parcel.mapped, PROT_READ | PROT_WRITE), -1);
	pair_parcel_free(&parcel);
}

static void a_parcel_over_the_limit_is_refused(void **state)
{
	struct label label = {0x4c5a5031, 1, {500, 501}};

	assert_refused(&label, memfd_of(1001, all_seals), "a parcel larger than 1000 bytes");
}

static void sizes_that_wrap_around_are_refused(void **state)
{
	struct label label = {0x4c5a5031, 1, {2, UINT64_MAX}};

	assert_refused(&label, memfd_of(1, all_seals), "a parcel larger than 1000 bytes");
}

static void a_parcel_without_all_seals_is_refused(void **state)
{
	struct label label = {0x4c5a5031, 1, {5, 5}};

	assert_refused(
	        &label, memfd_of(10, F_SEAL_SHRINK | F_SEAL_GROW), "a parcel that is not sealed");
	assert_refused(&label, memfd_of(10, F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
	        "a parcel that is not sealed");
}

static void a_pipe_instead_of_a_memfd_is_refused(void **state)
{
	struct label label = {0x4c5a5031, 1, {0, 0}};
	int ways[2];

	assert_int_equal(pipe(ways), 0);
	assert_refused(&label, ways[0], "a parcel that is not sealed");
	close(ways[1]);
}

static void a_parcel_shorter_than_it_claims_is_refused(void **state)
{
	struct label label = {0x4c5a5031, 1, {5, 5}};

	assert_refused(&label, memfd_of(9, all_seals), "a parcel of another size than it claims");
	assert_refused(&label, memfd_of(11, all_seals), "a parcel of another size than it claims");
}

static void garbage_is_refused(void **state)
{
	static const char long_one[sizeof(struct label) + PAIR_INLINE_BYTES + 1];
	struct label label = {0x12345678, 1, {5, 5}};
	struct pair_parcel parcel;
	struct err err;

	assert_refused(&label, memfd_of(10, all_seals), "not a parcel");
	send_raw("hello", 5, NULL, 0);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "not a parcel");
	send_raw(long_one, sizeof(long_one), NULL, 0);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "a packet that is too long");
}

static void a_copy_of_another_size_than_it_claims_is_refused(void **state)
{
	struct label label = {0x4c5a5031, 1, {5, 5}};
	struct label large = {0x4c5a5031, 1, {500, 501}};
	struct label wrapped = {0x4c5a5031, 1, {2, UINT64_MAX}};

	assert_copy_refused(&label, "", "a parcel of another size than it claims");
	assert_copy_refused(&label, "123456789", "a parcel of another size than it claims");
	assert_copy_refused(&label, "12345678901", "a parcel of another size than it claims");
	assert_copy_refused(&large, "1234567890", "a parcel larger than 1000 bytes");
	assert_copy_refused(&wrapped, "1", "a parcel larger than 1000 bytes");
	label.magic++;
	assert_copy_refused(&label, "1234567890", "not a parcel");
}

static void bytes_and_a_descriptor_are_not_both_taken(void **state)
{
	struct label label = {0x4c5a5031, 1, {5, 5}};
	unsigned char packet[sizeof(label) + 10] = {0};
	int fd = memfd_of(10, all_seals), before = open_fds();
	struct pair_parcel parcel;
	struct err err;

	memcpy(packet, &label, sizeof(label));
	send_raw(packet, sizeof(packet), &fd, 1);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "a parcel that comes twice");
	assert_int_equal(open_fds(), before);
	close(fd);
}

static void a_second_descriptor_is_refused_and_none_is_kept(void **state)
{
	struct label label = {0x4c5a5031, 1, {5, 5}};
	struct pair_parcel parcel;
	int before, fds[2] = {memfd_of(10, all_seals), memfd_of(10, all_seals)};

	before = open_fds();
	send_raw(&label, sizeof(label), fds, 2);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, NULL), RESULT_PERMANENT);
	send_raw("x", 1, fds, 1);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, NULL), RESULT_PERMANENT);
	assert_int_equal(open_fds(), before);
	close(fds[0]);
	close(fds[1]);
}

static void a_closed_other_side_is_told(void **state)
{
	struct pair_parcel parcel;
	struct err err;

	close(ends[0]);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "closed");
	assert_int_equal(pair_send(ends[1], 1, "x", 1, NULL, 0, &err), RESULT_PERMANENT);
}

static void a_non_blocking_end_says_that_nothing_is_there(void **state)
{
	struct pair_parcel parcel;
	char text[8];
	int fd;

	file_flags(ends[1], 1);
	assert_int_equal(pair_receive(ends[1], 1000, &parcel, NULL), RESULT_NONE);
	assert_int_equal(pair_receive_fd(ends[1], &fd, text, sizeof(text), NULL), RESULT_NONE);
}

static void a_full_non_blocking_end_is_temporary(void **state)
{
	enum result result = RESULT_OK;
	int sent;

	file_flags(ends[0], 1);
	for (sent = 0; sent < 10000 && result == RESULT_OK; sent++)
		result = pair_send(ends[0], 1, "x", 1, NULL, 0, NULL);
	assert_int_equal(result, RESULT_TEMPORARY);
}

static void a_descriptor_travels_with_its_text(void **state)
{
	int ways[2], fd;
	char text[32], byte;

	assert_int_equal(pipe(ways), 0);
	assert_int_equal(pair_send_fd(ends[0], ways[1], "scanner 0 17", NULL), RESULT_OK);
	assert_int_equal(pair_receive_fd(ends[1], &fd, text, sizeof(text), NULL), RESULT_OK);
	assert_string_equal(text, "scanner 0 17");
	assert_int_equal(write(fd, "!", 1), 1);
	assert_int_equal(read(ways[0], &byte, 1), 1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	close(ways[0]);
	close(ways[1]);
}

static void a_text_comes_without_a_descriptor_and_never_over_its_room(void **state)
{
	char text[6];
	int fd;

	assert_int_equal(pair_send_fd(ends[0], -1, "ready", NULL), RESULT_OK);
	assert_int_equal(pair_receive_fd(ends[1], &fd, text, sizeof(text), NULL), RESULT_OK);
	assert_string_equal(text, "ready");
	assert_int_equal(fd, -1);
	assert_int_equal(pair_send_fd(ends[0], -1, "ready!", NULL), RESULT_OK);
	assert_int_equal(pair_receive_fd(ends[1], &fd, text, sizeof(text), NULL), RESULT_PERMANENT);
	send_raw("a\0b", 3, NULL, 0);
	assert_int_equal(pair_receive_fd(ends[1], &fd, text, sizeof(text), NULL), RESULT_PERMANENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

static void one_sealed_parcel_is_the_same_memory_for_many(void **state)
{
	struct pair_parcel one, other;
	struct err err;
	int memfd;

	assert_int_equal(pair_seal("head", 4, "and a body", 10, &memfd, &err), RESULT_OK);
	assert_int_equal(pair_share(ends[0], PAIR_MODEL, memfd, 4, 10, &err), RESULT_OK);
	assert_int_equal(pair_share(ends[0], PAIR_MODEL, memfd, 4, 10, &err), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], 1000, &one, &err), RESULT_OK);
	assert_int_equal(pair_receive(ends[1], 1000, &other, &err), RESULT_OK);
	close(memfd);
	assert_int_equal(one.kind, PAIR_MODEL);
	assert_memory_equal(one.parts[0], "head", 4);
	assert_memory_equal(other.parts[1], "and a body", 10);
	assert_non_null(one.mapping);
	pair_parcel_free(&one);
	pair_parcel_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(one_sealed_parcel_is_the_same_memory_for_many),
	        TEST(both_parts_arrive_as_they_were),
	        TEST(an_empty_parcel_arrives),
	        TEST(a_large_message_arrives_whole),
	        TEST(few_bytes_are_copied_and_one_more_is_mapped),
	        TEST(a_packet_that_the_socket_cannot_hold_is_mapped),
	        TEST(the_receiver_cannot_write_into_a_mapping),
	        TEST(a_parcel_over_the_limit_is_refused),
	        TEST(sizes_that_wrap_around_are_refused),
	        TEST(a_parcel_without_all_seals_is_refused),
	        TEST(a_pipe_instead_of_a_memfd_is_refused),
	        TEST(a_parcel_shorter_than_it_claims_is_refused),
	        TEST(garbage_is_refused),
	        TEST(a_copy_of_another_size_than_it_claims_is_refused),
	        TEST(bytes_and_a_descriptor_are_not_both_taken),
	        TEST(a_second_descriptor_is_refused_and_none_is_kept),
	        TEST(a_closed_other_side_is_told),
	        TEST(a_non_blocking_end_says_that_nothing_is_there),
	        TEST(a_full_non_blocking_end_is_temporary),
	        TEST(a_descriptor_travels_with_its_text),
	        TEST(a_text_comes_without_a_descriptor_and_never_over_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
