/* A disk of so many megabytes a second (SLOW_DISK_MB_S), below Python: files are written to memory at once, and
   a sync waits until the disk has taken all that any file of the process was given. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double done_at;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

ssize_t write(int fd, const void *data, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    ssize_t written = real(fd, data, count);
    struct stat what;
    if (written > 0 && fstat(fd, &what) == 0 && S_ISREG(what.st_mode)) {
        double at = now();
        pthread_mutex_lock(&lock);
        done_at = (done_at > at ? done_at : at) + written / (1e6 * atof(getenv("SLOW_DISK_MB_S")));
        pthread_mutex_unlock(&lock);
    }
    return written;
}

int fsync(int fd) {
    pthread_mutex_lock(&lock);
    double left = done_at - now();
    pthread_mutex_unlock(&lock);
    if (left > 0) usleep(left * 1e6);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
