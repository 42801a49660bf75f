// wsload: a load client for WebSocket and raw TCP servers. One thread, one epoll loop; it must cost far less than the server.
//
//   g++ -O2 -std=c++17 -Wall -Wextra -o wsload wsload.cpp
//   wsload --help
//
// It prints one line of JSON for the measured window: the number of messages, their latency, and the CPU time of the server's
// processes (--pid) and of this process.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using std::string;

// ---------------------------------------------------------------------------------------------------------------- basics

static constexpr uint64_t second = 1'000'000'000;
static constexpr int max_depth = 64;
static constexpr int ids = 64;  // Typed messages differ by their id, so that no server can answer from a cache.

static uint64_t now() {
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

[[noreturn]] static void fail(const string& what, bool with_errno = false) {
    if (with_errno) fprintf(stderr, "wsload: %s: %s\n", what.c_str(), strerror(errno));
    else fprintf(stderr, "wsload: %s\n", what.c_str());
    exit(2);
}

// --------------------------------------------------------------------------------------------------------------- options

struct Options {
    int port = 9001, publish_port = 0, connections = 64, depth = 1, payload = 64, broker = 0, connecting = 64;
    std::vector<int> servers;
    double warm_up = 2, seconds = 3;
    string mode = "echo", protocol = "ws", message = "echo", path = "/", subscriber_path, join, type = "say", name = "-";
    bool verify = false, binary = false;
};

static Options options;

static const char* usage =
    "wsload --port P --mode MODE [--pid SERVER,…] [--conns N] [--depth D] [--payload BYTES] [--path /x] [--warm S] [--secs S]\n"
    "\n"
    "  --mode echo       each connection has D messages in flight, and sends the next D after all replies have arrived\n"
    "         connect    connect, upgrade, close, and repeat\n"
    "         idle       connect, exchange one message, print READY, hold the connections for S seconds or until input on stdin\n"
    "         broadcast  one connection publishes, N connections receive; D publications in flight\n"
    "  --proto ws|raw    WebSocket, or bytes without any handshake\n"
    "  --msg echo        the payload\n"
    "        typed       {\"type\":\"say\",\"id\":…,\"data\":{…}}\n"
    "        jsonrpc     the same as JSON-RPC 2.0\n"
    "        signalr | signalr-msgpack                   the same as a hub invocation\n"
    "        signalr-publish | signalr-msgpack-publish   an invocation of Pub with the payload\n"
    "  --type NAME       typed: the message's name, instead of say\n"
    "  --sub-path /y     broadcast: the path for the receivers (default: --path)\n"
    "  --publish-port P  broadcast: the port for the publisher (default: --port)\n"
    "  --broker PID      the broker between the servers, on this core: its CPU time counts for no server\n"
    "  --join METHOD     SignalR: the method that the receivers invoke first\n"
    "  --binary          binary frames\n"
    "  --verify          compare each echoed byte, and print a reply\n"
    "  --connecting N    at most N concurrent handshakes\n"
    "  --name X          the name in the report\n";

static std::vector<int> numbers(const string& list) {
    std::vector<int> parsed;
    for (size_t start = 0, end; start < list.size(); start = end + 1) {
        end = std::min(list.find(',', start), list.size());
        parsed.push_back(stoi(list.substr(start, end - start)));
    }
    return parsed;
}

static Options parse(int count, char** arguments) {
    Options parsed;
    for (int i = 1; i < count; i++) {
        string key = arguments[i];
        if (key == "--help") { fputs(usage, stdout); exit(0); }
        if (key == "--verify") { parsed.verify = true; continue; }
        if (key == "--binary") { parsed.binary = true; continue; }
        if (i + 1 == count) fail("no value for " + key + "; see --help");
        string value = arguments[++i];
        if (key == "--port") parsed.port = stoi(value);
        else if (key == "--conns") parsed.connections = stoi(value);
        else if (key == "--depth") parsed.depth = stoi(value);
        else if (key == "--payload") parsed.payload = stoi(value);
        else if (key == "--publish-port") parsed.publish_port = stoi(value);
        else if (key == "--broker") parsed.broker = stoi(value);
        else if (key == "--pid") parsed.servers = numbers(value);
        else if (key == "--connecting") parsed.connecting = stoi(value);
        else if (key == "--warm") parsed.warm_up = stod(value);
        else if (key == "--secs") parsed.seconds = stod(value);
        else if (key == "--mode") parsed.mode = value;
        else if (key == "--proto") parsed.protocol = value;
        else if (key == "--msg") parsed.message = value;
        else if (key == "--path") parsed.path = value;
        else if (key == "--sub-path") parsed.subscriber_path = value;
        else if (key == "--join") parsed.join = value;
        else if (key == "--type") parsed.type = value;
        else if (key == "--name") parsed.name = value;
        else fail("unknown option " + key + "; see --help");
    }
    if (parsed.depth < 1 || parsed.depth > max_depth) fail("--depth must be 1 to 64");
    if (!parsed.publish_port) parsed.publish_port = parsed.port;
    if (parsed.subscriber_path.empty()) parsed.subscriber_path = parsed.path;
    return parsed;
}

// -------------------------------------------------------------------------------------------------------------- measuring

// A histogram of nanoseconds with 32 buckets for each power of two: 3 % wide.
class Histogram {
public:
    void add(uint64_t value) {
        int exponent = value < 32 ? 0 : 59 - __builtin_clzll(value);
        size_t bucket = exponent == 0 ? value : static_cast<size_t>(exponent) * 32 + ((value >> (exponent - 1)) & 31);
        buckets_[std::min(bucket, buckets_.size() - 1)]++;
        count_++;
    }

    double quantile(double q) const {
        uint64_t target = static_cast<uint64_t>(q * static_cast<double>(count_)), sum = 0;
        for (size_t i = 0; i < buckets_.size(); i++) {
            sum += buckets_[i];
            if (sum > target) return i < 32 ? static_cast<double>(i) : static_cast<double>((32 + i % 32) << (i / 32 - 1));
        }
        return 0;
    }

private:
    std::vector<uint64_t> buckets_ = std::vector<uint64_t>(64 * 32);
    uint64_t count_ = 0;
};

// The resources that a process has used up to now, in seconds and bytes.
struct ProcessUsage {
    double user, system;
    long resident_bytes;

    explicit ProcessUsage(int pid) {
        const double hertz = static_cast<double>(sysconf(_SC_CLK_TCK));
        char text[4096];
        FILE* file = fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
        if (!file) fail("the server process does not exist");
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
        unsigned long user_ticks, system_ticks;
        if (sscanf(strrchr(text, ')') + 2,
                   "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
                   &user_ticks, &system_ticks, &resident_bytes) != 3) fail("/proc/PID/stat has an unexpected format");
        user = static_cast<double>(user_ticks) / hertz;
        system = static_cast<double>(system_ticks) / hertz;
        resident_bytes *= sysconf(_SC_PAGESIZE);
    }
};

// The CPU time up to now, in seconds: of the servers, the broker, this process, and all processes on each of the first two cores.
struct Usage {
    uint64_t time = now();
    double server_user = 0, server_system = 0, broker = 0, client = 0, core[2] = {0, 0};
    long resident_bytes = 0;

    Usage() {
        const double hertz = static_cast<double>(sysconf(_SC_CLK_TCK));
        char text[4096];
        for (int pid : options.servers) {
            ProcessUsage server(pid);
            server_user += server.user;
            server_system += server.system;
            resident_bytes += server.resident_bytes;
        }
        if (options.broker) {
            ProcessUsage used(options.broker);
            broker = used.user + used.system;
        }
        rusage own;
        getrusage(RUSAGE_SELF, &own);
        client = static_cast<double>(own.ru_utime.tv_sec + own.ru_stime.tv_sec) + static_cast<double>(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
        if (FILE* file = fopen("/proc/stat", "r")) {
            while (fgets(text, sizeof text, file)) {
                int number;
                unsigned long user, nice, system, idle, wait, interrupt, soft;
                if (sscanf(text, "cpu%d %lu %lu %lu %lu %lu %lu %lu", &number, &user, &nice, &system, &idle, &wait, &interrupt, &soft) == 8 && number < 2)
                    core[number] = static_cast<double>(user + nice + system + interrupt + soft) / hertz;
            }
            fclose(file);
        }
    }
};

static Histogram latencies;
static bool measuring = false;
static uint64_t mismatches = 0;

static void report(const Usage& from, const Usage& to, uint64_t count, const char* unit) {
    double wall = static_cast<double>(to.time - from.time) / second;
    double user = to.server_user - from.server_user, system = to.server_system - from.server_system, client = to.client - from.client;
    double broker = to.broker - from.broker;
    auto each = [&](double seconds) { return count ? seconds * 1e6 / static_cast<double>(count) : 0; };
    // The servers must run on core 0, the broker and this process on core 1: all other time on these cores is foreign.
    printf("{\"name\":\"%s\",\"mode\":\"%s\",\"msg\":\"%s\",\"conns\":%d,\"depth\":%d,\"payload\":%d,\"unit\":\"%s\",\"n\":%lu,\"wall_s\":%.3f,"
           "\"rate\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"srv_us_per\":%.3f,\"srv_user_us\":%.3f,\"srv_sys_us\":%.3f,\"srv_util\":%.3f,"
           "\"cli_us_per\":%.3f,\"cli_util\":%.3f,\"foreign0\":%.3f,\"foreign1\":%.3f,\"rss_mb\":%.1f,\"mismatch\":%lu}\n",
           options.name.c_str(), options.mode.c_str(), options.message.c_str(), options.connections, options.depth, options.payload, unit, count, wall,
           static_cast<double>(count) / wall, latencies.quantile(.5) / 1e3, latencies.quantile(.99) / 1e3,
           each(user + system), each(user), each(system), (user + system) / wall, each(client), client / wall,
           (to.core[0] - from.core[0] - user - system) / wall, (to.core[1] - from.core[1] - client - broker) / wall,
           static_cast<double>(to.resident_bytes) / 1048576, mismatches);
    fflush(stdout);
}

// ---------------------------------------------------------------------------------------------------- sending

enum class Opcode : uint8_t { text = 1, binary = 2, close = 8, pong = 10 };

static string frame(const string& payload, Opcode opcode) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    string framed(1, static_cast<char>(0x80 | static_cast<uint8_t>(opcode)));
    size_t length = payload.size();
    int length_bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
    framed += static_cast<char>(0x80 | (length_bytes == 0 ? length : length_bytes == 2 ? 126 : 127));
    for (int i = length_bytes - 1; i >= 0; i--) framed += static_cast<char>(static_cast<uint64_t>(length) >> (8 * i));
    framed.append(reinterpret_cast<const char*>(mask), 4);
    for (size_t i = 0; i < length; i++) framed += static_cast<char>(payload[i] ^ mask[i & 3]);
    return framed;
}

static string with_varint_length(const string& body) {
    string prefixed;
    size_t length = body.size();
    for (; length >= 0x80; length >>= 7) prefixed += static_cast<char>(length | 0x80);
    return prefixed + static_cast<char>(length) + body;
}

static string packed(const string& text) {
    return (text.size() < 32 ? string(1, static_cast<char>(0xa0 | text.size())) : string{'\xd9', static_cast<char>(text.size())}) + text;
}

static string pattern(int length) {
    string text;
    for (int i = 0; i < length; i++) text += "abcdefghijklmnopqrstuvwxyz012345"[i & 31];
    return text;
}

static bool is(const char* message) { return options.message == message; }
static bool is_packed() { return is("signalr-msgpack") || is("signalr-msgpack-publish"); }
static bool is_signalr() { return options.message.rfind("signalr", 0) == 0; }

static string message(int number) {
    string id = std::to_string(number);
    const string say = R"({"room":"a","text":"hello"})";
    if (is("echo")) return pattern(options.payload);
    if (is("typed")) return R"({"type":")" + options.type + R"(","id":)" + id + R"(,"data":)" + say + "}";
    if (is("jsonrpc")) return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"Say","params":[)" + say + "]}";
    if (is("signalr")) return R"({"type":1,"invocationId":")" + id + R"(","target":"Say","arguments":[)" + say + "]}\x1e";
    if (is("signalr-publish")) return R"({"type":1,"target":"Pub","arguments":[")" + pattern(options.payload) + "\"]}\x1e";
    if (is("signalr-msgpack"))
        return with_varint_length("\x96\x01\x80" + packed(id) + packed("Say") + "\x91\x82" + packed("Room") + packed("a") + packed("Text") + packed("hello") + "\x90");
    if (is("signalr-msgpack-publish")) return with_varint_length("\x96\x01\x80\xc0" + packed("Pub") + "\x91" + packed(pattern(options.payload)) + "\x90");
    fail("unknown --msg " + options.message);
}

// All messages that a connection sends, framed, one after the other, so that D messages need one send call.
struct Script {
    string frames, expected;
    size_t frame_length = 0;
    int variants = 1;
    std::vector<string> first;  // The first messages of a SignalR connection: its handshake, and the join invocation.

    void build() {
        variants = is("typed") || is("jsonrpc") || is("signalr") || is("signalr-msgpack") ? ids : 1;
        Opcode opcode = options.binary || is_packed() ? Opcode::binary : Opcode::text;
        for (int i = 0; i < variants + options.depth - 1; i++) {
            string text = message(100 + i % variants);
            string framed = options.protocol == "raw" ? text : frame(text, opcode);
            if (i == 0) { frame_length = framed.size(); expected = text; }
            if (framed.size() != frame_length) fail("the messages have different lengths");
            frames += framed;
        }
        if (!is_signalr()) return;
        first.push_back(frame(string(R"({"protocol":")") + (is_packed() ? "messagepack" : "json") + "\",\"version\":1}\x1e", Opcode::text));
        if (options.join.empty()) return;
        first.push_back(is_packed()
            ? frame(with_varint_length("\x96\x01\x80" + packed("9") + packed(options.join) + "\x90\x90"), Opcode::binary)
            : frame(R"({"type":1,"invocationId":"9","target":")" + options.join + "\",\"arguments\":[]}\x1e", Opcode::text));
    }
};

static Script script;
static string close_frame, pong_frame;

// ------------------------------------------------------------------------------------------------------- receiving

// Counts the messages in a stream of server frames. SignalR puts several messages, including pings, into one frame.
class FrameCounter {
public:
    bool closed = false, pinged = false;

    int feed(const uint8_t* bytes, size_t length, bool handshake) {
        int messages = 0;
        while (length && !closed) {
            if (in_header_) {
                header_[header_length_++] = *bytes++;
                length--;
                if (header_length_ < 2 || header_length_ < needed()) continue;
                start_frame();
            } else {
                size_t taken = static_cast<size_t>(std::min<uint64_t>(rest_, length));
                if (is_data()) messages += take(bytes, taken, handshake);
                bytes += taken;
                length -= taken;
                rest_ -= taken;
            }
            if (!in_header_ && rest_ == 0) messages += end_frame();
        }
        return messages;
    }

    static string sample;

private:
    uint8_t header_[10] = {};
    int header_length_ = 0;
    bool in_header_ = true, final_ = false, in_record_ = false;
    uint8_t opcode_ = 0;
    uint64_t rest_ = 0, offset_ = 0, record_ = 0, varint_ = 0;
    int shift_ = 0;

    bool is_data() const { return opcode_ < 8; }

    int needed() const {
        if (header_[1] & 0x80) fail("the server sent a masked frame");
        int length = header_[1] & 0x7f;
        return length == 126 ? 4 : length == 127 ? 10 : 2;
    }

    void start_frame() {
        final_ = header_[0] & 0x80;
        if (uint8_t opcode = header_[0] & 15) opcode_ = opcode;
        rest_ = header_length_ == 2 ? header_[1] & 0x7f : 0;
        for (int i = 2; i < header_length_; i++) rest_ = rest_ << 8 | header_[i];
        in_header_ = false;
    }

    int end_frame() {
        in_header_ = true;
        header_length_ = 0;
        if (opcode_ == 8) closed = true;
        if (opcode_ == 9) pinged = true;
        if (!final_ || !is_data()) return 0;
        if (options.verify && is("echo") && offset_ != script.expected.size()) mismatches++;
        offset_ = 0;
        return is_signalr() ? 0 : 1;
    }

    int take(const uint8_t* bytes, size_t length, bool handshake) {
        if (options.verify && sample.size() < 200) sample.append(reinterpret_cast<const char*>(bytes), std::min<size_t>(length, 200));
        if (options.verify && is("echo") &&
            (offset_ + length > script.expected.size() || memcmp(bytes, script.expected.data() + offset_, length) != 0)) mismatches++;
        offset_ += length;
        if (!is_signalr()) return 0;
        return is_packed() && !handshake ? packed_records(bytes, length) : text_records(bytes, length);
    }

    int text_records(const uint8_t* bytes, size_t length) {
        constexpr uint64_t ping_length = 10;  // {"type":6}
        int messages = 0;
        for (const uint8_t* end = bytes + length; bytes < end;) {
            auto* separator = static_cast<const uint8_t*>(memchr(bytes, 0x1e, static_cast<size_t>(end - bytes)));
            record_ += static_cast<uint64_t>((separator ? separator : end) - bytes);
            if (!separator) break;
            if (record_ != ping_length) messages++;
            record_ = 0;
            bytes = separator + 1;
        }
        return messages;
    }

    int packed_records(const uint8_t* bytes, size_t length) {
        constexpr uint64_t ping_length = 2;
        int messages = 0;
        for (size_t i = 0; i < length;) {
            if (!in_record_) {
                varint_ |= static_cast<uint64_t>(bytes[i] & 0x7f) << shift_;
                shift_ += 7;
                if (!(bytes[i++] & 0x80)) { in_record_ = true; record_ = varint_; }
                continue;
            }
            size_t taken = static_cast<size_t>(std::min<uint64_t>(record_, length - i));
            i += taken;
            record_ -= taken;
            if (record_) continue;
            if (varint_ != ping_length) messages++;
            in_record_ = false;
            varint_ = 0;
            shift_ = 0;
        }
        return messages;
    }
};

string FrameCounter::sample;

// -------------------------------------------------------------------------------------------------------------- connections

enum class State { connecting, upgrading, introducing, ready, gone };

struct Connection {
    int fd = -1;
    State state = State::gone;
    bool publishes = false;
    size_t introduced = 0;
    string head;
    FrameCounter frames;
    uint64_t raw_bytes = 0, started = 0, sent_at[max_depth] = {}, messages = 0;
    uint32_t sent = 0, answered = 0;
    int variant = 0;
    const char* unsent = nullptr;
    size_t unsent_length = 0;
};

static int poller;
static std::vector<Connection> connections;
static int ready_count = 0;

// The callbacks of a mode; each mode sets those that it needs.
static std::function<void(Connection&)> when_ready = [](Connection&) {};
static std::function<void(Connection&, int, uint64_t)> when_received = [](Connection&, int, uint64_t) {};
static std::function<void(Connection&)> when_gone;

static void watch(Connection& connection, int operation, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = static_cast<uint32_t>(&connection - connections.data());
    epoll_ctl(poller, operation, connection.fd, &event);
}

static void forget(Connection& connection) {
    close(connection.fd);
    connection.fd = -1;
    connection.state = State::gone;
}

static void start(Connection& connection, bool publishes = false) {
    static uint32_t rotation = 0;
    connection = Connection();
    connection.publishes = publishes;
    connection.started = now();
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connection.fd < 0) fail("socket", true);
    int one = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(connection.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);

    // Sixteen source addresses, because one address runs out of ports.
    sockaddr_in source{}, target{};
    source.sin_family = target.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(0x7f000002u + (rotation++ & 15));
    bind(connection.fd, reinterpret_cast<sockaddr*>(&source), sizeof source);
    target.sin_port = htons(static_cast<uint16_t>(publishes ? options.publish_port : options.port));
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection.state = State::connecting;
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&target), sizeof target) < 0 && errno != EINPROGRESS) fail("connect", true);
    watch(connection, EPOLL_CTL_ADD, EPOLLOUT);
}

static void transmit(Connection& connection, const char* bytes, size_t length) {
    ssize_t written = send(connection.fd, bytes, length, MSG_NOSIGNAL);
    if (written < 0) {
        if (errno != EAGAIN) fail("send", true);
        written = 0;
    }
    if (static_cast<size_t>(written) < length) {
        connection.unsent = bytes + written;
        connection.unsent_length = length - static_cast<size_t>(written);
        watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
}

static void send_messages(Connection& connection, int count, uint64_t time) {
    for (int i = 0; i < count; i++) connection.sent_at[connection.sent++ % max_depth] = time;
    transmit(connection, script.frames.data() + static_cast<size_t>(connection.variant) * script.frame_length, script.frame_length * static_cast<size_t>(count));
    connection.variant = (connection.variant + count) % script.variants;
}

static void introduce(Connection& connection) {
    size_t count = connection.publishes ? std::min<size_t>(1, script.first.size()) : script.first.size();
    if (connection.introduced < count) {
        connection.state = State::introducing;
        const string& next = script.first[connection.introduced];
        transmit(connection, next.data(), next.size());
    } else {
        connection.state = State::ready;
        ready_count++;
        when_ready(connection);
    }
}

static void ask_upgrade(Connection& connection) {
    string request = "GET " + (options.mode == "broadcast" && !connection.publishes ? options.subscriber_path : options.path) +
        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) fail("sending the request", true);
    connection.state = State::upgrading;
}

static void connected(Connection& connection) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { errno = error; fail("connect", true); }
    watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    if (options.protocol == "raw") introduce(connection);
    else ask_upgrade(connection);
}

static void lost(Connection& connection, const char* how) {
    if (when_gone) when_gone(connection);
    else fail(how + string(" after ") + std::to_string(connection.messages) + " messages");
}

// Removes the 101 response from the received bytes, and leaves the bytes after it. Returns false if it needs more bytes.
static bool take_head(Connection& connection, const uint8_t*& bytes, size_t& length) {
    connection.head.append(reinterpret_cast<const char*>(bytes), length);
    size_t end = connection.head.find("\r\n\r\n");
    if (end == string::npos) return false;
    bool upgraded = connection.head.compare(0, 12, "HTTP/1.1 101") == 0 && connection.head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != string::npos;
    if (!upgraded) fail("the server did not upgrade:\n" + connection.head);
    size_t rest = connection.head.size() - (end + 4);
    bytes += length - rest;
    length = rest;
    string().swap(connection.head);
    introduce(connection);
    return true;
}

static void readable(Connection& connection) {
    static uint8_t buffer[1 << 18];
    ssize_t received = recv(connection.fd, buffer, sizeof buffer, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) { lost(connection, "the server closed the connection"); return; }

    uint64_t time = now();
    const uint8_t* bytes = buffer;
    size_t length = static_cast<size_t>(received);
    if (connection.state == State::upgrading && (!take_head(connection, bytes, length) || length == 0)) return;

    int messages;
    if (options.protocol == "raw") {
        connection.raw_bytes += length;
        messages = static_cast<int>(connection.raw_bytes / script.frame_length);
        connection.raw_bytes %= script.frame_length;
    } else {
        messages = connection.frames.feed(bytes, length, connection.state == State::introducing && connection.introduced == 0);
    }
    // A connection that is in the middle of a send is known to be alive.
    if (connection.frames.pinged && !connection.unsent_length) transmit(connection, pong_frame.data(), pong_frame.size());
    connection.frames.pinged = false;
    if (connection.frames.closed) { lost(connection, "the server sent a Close frame"); return; }
    if (messages == 0) return;
    if (connection.state == State::introducing) { connection.introduced++; introduce(connection); return; }
    connection.messages += static_cast<uint64_t>(messages);
    when_received(connection, messages, time);
}

static void writable(Connection& connection) {
    if (connection.state == State::connecting) { connected(connection); return; }
    if (connection.unsent_length) {
        ssize_t written = send(connection.fd, connection.unsent, connection.unsent_length, MSG_NOSIGNAL);
        if (written < 0) {
            if (errno != EAGAIN) fail("send", true);
            return;
        }
        connection.unsent += written;
        connection.unsent_length -= static_cast<size_t>(written);
    }
    if (!connection.unsent_length) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

static void turn(int milliseconds = 100) {
    static epoll_event events[1024];
    int count = epoll_wait(poller, events, 1024, milliseconds);
    for (int i = 0; i < count; i++) {
        Connection& connection = connections[events[i].data.u32];
        if (connection.fd >= 0 && events[i].events & EPOLLOUT) writable(connection);
        if (connection.fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && connection.state != State::connecting) readable(connection);
    }
}

static void turn_for(double seconds, const std::function<void()>& before_each = [] {}) {
    for (uint64_t end = now() + static_cast<uint64_t>(seconds * second); now() < end;) {
        before_each();
        turn();
    }
}

// Runs the loop until the condition is true, or until the counter has not changed for the given time.
static void turn_until(const std::function<bool()>& is_so, const uint64_t& counter, double seconds) {
    for (uint64_t before = counter, last = now(); !is_so() && now() - last < static_cast<uint64_t>(seconds * second);) {
        turn(50);
        if (counter != before) { before = counter; last = now(); }
    }
}

static void connect_all(int count) {
    connections.resize(static_cast<size_t>(count));
    uint64_t began = now();
    for (int started = 0; ready_count < count;) {
        for (; started < count && started - ready_count < options.connecting; started++)
            start(connections[static_cast<size_t>(started)], options.mode == "broadcast" && started == 0);
        turn();
        if (now() - began > 60 * second) fail("not all connections were established within 60 s");
    }
}

static void close_all() {
    when_received = [](Connection&, int, uint64_t) {};
    when_gone = forget;
    for (auto& connection : connections)
        if (connection.fd >= 0 && connection.state != State::ready) forget(connection);
    if (options.protocol == "ws") {
        for (auto& connection : connections)
            if (connection.fd >= 0 && !connection.unsent_length) send(connection.fd, close_frame.data(), close_frame.size(), MSG_NOSIGNAL);
        auto open = [] { return std::any_of(connections.begin(), connections.end(), [](const Connection& c) { return c.fd >= 0; }); };
        for (uint64_t end = now() + 3 * second / 2; now() < end && open();) turn(20);
    }
    for (auto& connection : connections) if (connection.fd >= 0) forget(connection);
}

// --------------------------------------------------------------------------------------------------------------------- modes

static uint64_t measure(const uint64_t& counter, const char* unit, const std::function<void()>& before_each = [] {}) {
    turn_for(options.warm_up, before_each);
    Usage from;
    uint64_t start = counter;
    measuring = true;
    turn_for(options.seconds, before_each);
    measuring = false;
    uint64_t count = counter - start;
    report(from, Usage(), count, unit);
    return count;
}

static void echo() {
    static uint64_t total = 0;
    static bool stopping = false;
    when_received = [](Connection& connection, int count, uint64_t time) {
        total += static_cast<uint64_t>(count);
        for (int i = 0; i < count; i++) {
            if (connection.answered == connection.sent) fail("more replies than requests");
            uint64_t sent = connection.sent_at[connection.answered++ % max_depth];
            if (measuring) latencies.add(time - sent);
        }
        if (connection.answered == connection.sent && !stopping) send_messages(connection, options.depth, time);
    };
    connect_all(options.connections);
    for (auto& connection : connections) send_messages(connection, options.depth, now());
    measure(total, "msg");
    stopping = true;
}

static void connect_and_close() {
    static uint64_t total = 0;
    when_ready = [](Connection& connection) {
        if (options.protocol == "raw") when_gone(connection);
        else transmit(connection, close_frame.data(), close_frame.size());
    };
    when_gone = [](Connection& connection) {
        if (connection.state != State::ready) fail("a connection was lost before it was established");
        if (measuring) latencies.add(now() - connection.started);
        forget(connection);
        total++;
        start(connection);
    };
    connections.resize(static_cast<size_t>(options.connections));
    for (auto& connection : connections) start(connection);
    measure(total, "connection");
}

static void idle() {
    static int answered = 0;
    when_received = [](Connection&, int count, uint64_t) { answered += count; };
    connect_all(options.connections);
    uint64_t began = now();
    for (size_t sent = 0; answered < options.connections;) {
        for (; sent < connections.size() && static_cast<int>(sent) - answered < options.connecting; sent++) send_messages(connections[sent], 1, now());
        turn(50);
        if (now() - began > 60 * second) fail("not all messages had a reply within 60 s");
    }
    printf("READY %d\n", options.connections);
    fflush(stdout);
    pollfd input{0, POLLIN, 0};
    for (uint64_t end = now() + static_cast<uint64_t>(options.seconds * second); now() < end && poll(&input, 1, 0) == 0;) turn(50);
}

static void broadcast() {
    static uint64_t delivered = 0, published = 0, published_at[1024];
    const auto receivers = static_cast<uint64_t>(options.connections);
    when_received = [](Connection& connection, int count, uint64_t time) {
        if (connection.publishes) return;
        delivered += static_cast<uint64_t>(count);
        for (int i = 0; measuring && i < count; i++) latencies.add(time - published_at[(connection.messages - static_cast<uint64_t>(count - i)) % 1024]);
    };
    connect_all(options.connections + 1);
    Connection& publisher = connections[0];

    // A server may still add receivers to its list, or two nodes may still connect to each other. Wait until all receive the same message.
    auto heard = [](const Connection& connection) { return connection.publishes || connection.messages; };
    auto all_heard = [&] { return std::all_of(connections.begin(), connections.end(), heard); };
    for (uint64_t end = now() + 60 * second; !all_heard();) {
        if (now() > end) fail("not all receivers received a message within 60 s");
        for (auto& connection : connections) connection.messages = 0;
        transmit(publisher, script.frames.data(), script.frame_length);
        turn_until(all_heard, delivered, 2);
    }
    for (auto& connection : connections) connection.messages = 0;
    delivered = 0;

    measure(delivered, "delivery", [&] {
        while (!publisher.unsent_length && published * receivers - delivered <= static_cast<uint64_t>(options.depth - 1) * receivers) {
            published_at[published++ % 1024] = now();
            transmit(publisher, script.frames.data(), script.frame_length);
        }
    });
    turn_until([&] { return delivered >= published * receivers; }, delivered, 5);
    if (delivered != published * receivers) fail("delivered " + std::to_string(delivered) + " of " + std::to_string(published * receivers));
}

int main(int count, char** arguments) {
    options = parse(count, arguments);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(0);
    script.build();
    close_frame = frame("\x03\xe8", Opcode::close);
    pong_frame = frame("", Opcode::pong);

    if (options.mode == "echo") echo();
    else if (options.mode == "connect") connect_and_close();
    else if (options.mode == "idle") idle();
    else if (options.mode == "broadcast") broadcast();
    else fail("unknown --mode " + options.mode);

    if (options.verify) fprintf(stderr, "a reply: %s\n", FrameCounter::sample.substr(0, 200).c_str());
    close_all();
    return mismatches ? 1 : 0;
}
