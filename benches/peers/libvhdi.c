/* libvhdi itself, on the files of make-bench-files; the commands are those of libvhdi.py. See benches/README.md.
 *
 *     cc -O2 -o libvhdi libvhdi.c -lvhdi -lcrypto
 */
#define _FILE_OFFSET_BITS 64
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <libvhdi.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE (1 << 20)

static void check(int is_good, const char *what)
{
	if (!is_good) {
		fprintf(stderr, "libvhdi: %s\n", what);
		exit(1);
	}
}

static libvhdi_file_t *opened(const char *path)
{
	libvhdi_file_t *file = NULL;
	check(libvhdi_file_initialize(&file, NULL) == 1, "no memory");
	check(libvhdi_file_open(file, path, LIBVHDI_OPEN_READ, NULL) == 1, path);
	return file;
}

static int open_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	const char *end = strrchr(path, '.');
	(void)status, (void)place;
	if (type == FTW_F && end != NULL && strcmp(end, ".vhdx") == 0) {
		libvhdi_file_t *file = opened(path);
		libvhdi_file_close(file, NULL);
		libvhdi_file_free(&file, NULL);
	}
	return 0;
}

/* Opens layer-0.vhdx, layer-1.avhdx ... as one chain, and returns the last. */
static libvhdi_file_t *leaf(const char *folder)
{
	libvhdi_file_t *parent = NULL;
	for (int number = 0;; number++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/layer-%d.%s", folder, number, number == 0 ? "vhdx" : "avhdx");
		if (access(path, R_OK) != 0) {
			check(parent != NULL, path);
			return parent;
		}
		libvhdi_file_t *file = opened(path);
		if (parent != NULL)
			check(libvhdi_file_set_parent_file(file, parent, NULL) == 1, path);
		parent = file;
	}
}

static void print_hex(const unsigned char *bytes, unsigned int count)
{
	for (unsigned int at = 0; at < count; at++)
		printf("%02x", bytes[at]);
	printf("\n");
}

int main(int count, char **arguments)
{
	static unsigned char buffer[PIECE], digest[EVP_MAX_MD_SIZE];
	check(count == 3, "usage: libvhdi open|chain|read|hash FOLDER");
	const char *what = arguments[1];
	if (strcmp(what, "open") == 0)
		return nftw(arguments[2], open_one, 16, FTW_PHYS);
	libvhdi_file_t *disk = leaf(arguments[2]);
	if (strcmp(what, "chain") == 0) {
		check(libvhdi_file_read_buffer_at_offset(disk, buffer, 512, 0, NULL) == 512, "cannot read");
		print_hex(buffer, 16);
		return 0;
	}
	size64_t size = 0;
	unsigned int length = 0;
	EVP_MD_CTX *hash = strcmp(what, "hash") == 0 ? EVP_MD_CTX_new() : NULL;
	check(hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL), "no SHA-256");
	check(libvhdi_file_get_media_size(disk, &size, NULL) == 1, "no size");
	for (size64_t at = 0; at < size; at += PIECE) {
		size_t piece = size - at < PIECE ? size - at : PIECE;
		check(libvhdi_file_read_buffer_at_offset(disk, buffer, piece, at, NULL) == (ssize_t)piece, "cannot read");
		check(hash == NULL || EVP_DigestUpdate(hash, buffer, piece), "cannot hash");
	}
	if (hash == NULL)
		return printf("%llu\n", (unsigned long long)size) < 0;
	check(EVP_DigestFinal_ex(hash, digest, &length), "cannot hash");
	print_hex(digest, length);
	return 0;
}
