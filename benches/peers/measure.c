/* Runs a command and prints what it took: seconds of wall, seconds of processor, KiB of memory, exit status.
 *
 *     measure COMMAND ARGUMENT...
 *
 * What the command prints is thrown away. The system counts as a process's peak memory also what it had before it
 * became the command, so that the one who starts it has to be as small as this. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
	struct rusage used;
	int status = 0, nowhere = open("/dev/null", O_WRONLY);
	double start = now();
	pid_t child = count < 2 ? -1 : fork();
	if (child == 0) {
		dup2(nowhere, STDOUT_FILENO);
		execvp(arguments[1], arguments + 1);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		return 1;
	printf("%.6f %.6f %ld %d\n", now() - start, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
