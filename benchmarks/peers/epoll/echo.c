// The minimum cost on this machine: one thread, one epoll loop, every received byte is sent back unchanged.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 9007, BUFFER = 256 * 1024, MAX_EVENTS = 256 };

// Holds the bytes that the peer's window has no room for. The server reads no more until they are sent.
struct connection {
    int fd;
    char *rest;
    size_t offset, length;
};

static char buffer[BUFFER];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int epoll, int operation, struct connection *connection, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll, operation, connection->fd, &event) < 0) fail("epoll_ctl");
}

static void end(struct connection *connection) {
    close(connection->fd);
    free(connection->rest);
    free(connection);
}

static void receive(int epoll, struct connection *connection) {
    ssize_t received = recv(connection->fd, buffer, BUFFER, 0);
    if (received <= 0) {
        if (received < 0 && errno == EAGAIN) return;
        end(connection);
        return;
    }

    ssize_t sent = send(connection->fd, buffer, (size_t)received, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) {
            end(connection);
            return;
        }
        sent = 0;
    }

    if (sent < received) {
        connection->length = (size_t)(received - sent);
        connection->offset = 0;
        connection->rest = malloc(connection->length);
        memcpy(connection->rest, buffer + sent, connection->length);
        watch(epoll, EPOLL_CTL_MOD, connection, EPOLLOUT);
    }
}

static void send_rest(int epoll, struct connection *connection) {
    ssize_t sent = send(connection->fd, connection->rest + connection->offset, connection->length - connection->offset, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) end(connection);
        return;
    }

    connection->offset += (size_t)sent;
    if (connection->offset == connection->length) {
        free(connection->rest);
        connection->rest = NULL;
        watch(epoll, EPOLL_CTL_MOD, connection, EPOLLIN);
    }
}

static void accept_one(int epoll, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *connection = calloc(1, sizeof *connection);
    connection->fd = fd;
    watch(epoll, EPOLL_CTL_ADD, connection, EPOLLIN);
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    if (listener < 0) fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, SOMAXCONN) < 0) fail("listen");

    int epoll = epoll_create1(0);
    struct connection accepting = {.fd = listener};
    watch(epoll, EPOLL_CTL_ADD, &accepting, EPOLLIN);
    for (struct epoll_event events[MAX_EVENTS];;) {
        int count = epoll_wait(epoll, events, MAX_EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == &accepting) accept_one(epoll, listener);
            else if (connection->rest) send_rest(epoll, connection);
            else receive(epoll, connection);
        }
    }
}
