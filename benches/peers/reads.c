/* The limit of a scan: finds the files of a tree of make-bench-files, opens each once and reads the same bytes of it as
 * vhdxray does, and does nothing with them. See benches/README.md.
 *
 *     reads FOLDER LIST
 *
 * LIST has one line for each file of a chain, the base first: the offset and the length of each read, all in the order
 * in which they are made. compare.py takes it from what strace sees of a scan of the first chain of the tree. All chains
 * are laid out alike: the number in a file's name says which line is its own. */
#define _FILE_OFFSET_BITS 64
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_FILES 16
#define MOST_READS 32
#define PIECE (1 << 20)

struct list {
	int count;
	struct {
		long long offset, length;
	} reads[MOST_READS];
};

static struct list lists[MOST_FILES];
static int list_count, file_count;
static char buffer[PIECE];

static void check(int is_good, const char *what)
{
	if (!is_good) {
		fprintf(stderr, "reads: %s\n", what);
		exit(1);
	}
}

static void load(const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "r");
	check(file != NULL, path);
	for (; fgets(line, sizeof line, file) != NULL; list_count++) {
		check(list_count < MOST_FILES, "too many files in a chain");
		struct list *list = &lists[list_count];
		char *at = line;
		for (int used; sscanf(at, "%lld %lld%n", &list->reads[list->count].offset, &list->reads[list->count].length, &used) == 2;
		     at += used, list->count++)
			check(list->count < MOST_READS - 1 && list->reads[list->count].length <= PIECE, "too many or too long reads");
	}
	fclose(file);
	check(list_count > 0, "no reads");
}

static void one(int folder, const char *name)
{
	const char *digits = name + strcspn(name, "0123456789");
	const struct list *list = &lists[atol(digits) % list_count];
	int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
	check(file >= 0, name);
	for (int number = 0; number < list->count; number++) {
		long long length = list->reads[number].length;
		check(pread(file, buffer, length, list->reads[number].offset) == length, name);
	}
	close(file);
	file_count++;
}

static void walk(int folder)
{
	DIR *entries = fdopendir(folder);
	check(entries != NULL, "cannot read a folder");
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		if (entry->d_type == DT_DIR)
			walk(openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		else
			one(folder, entry->d_name);
	}
	closedir(entries);
}

int main(int count, char **arguments)
{
	check(count == 3, "usage: reads FOLDER LIST");
	load(arguments[2]);
	int folder = open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(folder >= 0, arguments[1]);
	walk(folder);
	printf("%d\n", file_count);
	return 0;
}
