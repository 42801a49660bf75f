// Boost.Beast on one thread: an asynchronous echo.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <memory>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

class connection : public std::enable_shared_from_this<connection> {
public:
    explicit connection(tcp::socket socket) : stream_(std::move(socket)) {
        stream_.next_layer().set_option(tcp::no_delay(true));
        stream_.read_message_max(16 * 1024 * 1024);
    }

    void run() {
        stream_.async_accept([self = shared_from_this()](beast::error_code error) {
            if (!error) self->read();
        });
    }

private:
    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (!error) self->write();
        });
    }

    void write() {
        stream_.text(stream_.got_text());
        stream_.async_write(buffer_.data(), [self = shared_from_this()](beast::error_code error, std::size_t written) {
            if (error) return;
            self->buffer_.consume(written);
            self->read();
        });
    }

    websocket::stream<tcp::socket> stream_;
    beast::flat_buffer buffer_;
};

static void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](beast::error_code error, tcp::socket socket) {
        if (!error) std::make_shared<connection>(std::move(socket))->run();
        accept(acceptor);
    });
}

int main() {
    asio::io_context loop{1};
    tcp::acceptor acceptor{loop, {asio::ip::make_address("127.0.0.1"), 9008}};
    accept(acceptor);
    loop.run();
}
