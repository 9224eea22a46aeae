//! WebSockets of the core, by tungstenite.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::header::{COOKIE, HeaderValue};
use research_socket::http::RequestId;
use research_socket::websocket::{BROKEN_OFF, Frame, MAX_FRAME_BYTES, News, Opening};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::Heard;
use super::http::{Http, address};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The code of an end that carries none (RFC 6455, 7.1.5).
const NO_CODE: u16 = 1005;
/// The code of a message that is too large.
const TOO_LARGE: u16 = 1009;

/// A WebSocket that is there, or being opened. Dropping it closes it, behind what was sent before.
pub(super) struct Socket {
    frames: mpsc::UnboundedSender<Frame>,
    /// Bytes that were sent and have not left.
    waiting: Arc<AtomicU64>,
}

impl Socket {
    pub(super) fn send(&self, frame: Frame) {
        self.waiting
            .fetch_add(frame.size() as u64, Ordering::Relaxed);
        // One that is over takes nothing any more; the core hears of that by itself.
        drop(self.frames.send(frame));
    }
}

/// A WebSocket, and what runs it until it is over.
pub(super) fn open(
    opening: Opening,
    http: Http,
    tell: mpsc::Sender<Heard>,
) -> (Socket, impl Future<Output = ()> + Send) {
    let (frames, sent) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicU64::new(0));
    let socket = Socket {
        frames,
        waiting: Arc::clone(&waiting),
    };
    let voice = Voice {
        id: opening.id,
        tell,
    };
    let run = async move {
        let (code, reason) = run(&opening, &http, &voice, sent, &waiting).await;
        voice.say(News::Closed { code, reason }).await;
    };
    (socket, run)
}

/// Tells the core of one WebSocket.
struct Voice {
    id: RequestId,
    tell: mpsc::Sender<Heard>,
}

impl Voice {
    async fn say(&self, news: News) {
        // Nobody hears of it once the host is gone.
        drop(self.tell.send(Heard::News(self.id, news)).await);
    }
}

/// Code and words of its end.
async fn run(
    opening: &Opening,
    http: &Http,
    voice: &Voice,
    sent: mpsc::UnboundedReceiver<Frame>,
    waiting: &AtomicU64,
) -> (u16, String) {
    http.traffic.ask();
    let stream = match connect(opening, http).await {
        Ok(stream) => stream,
        Err(error) => {
            if matches!(error, Error::Http(_)) {
                http.traffic.refuse();
            } else {
                http.traffic.fail();
            }
            return (BROKEN_OFF, error.to_string());
        }
    };
    voice.say(News::Opened).await;
    let (sink, stream) = stream.split();
    // Whichever is over first: what is read may have to wait for the core, and what is sent for the server.
    tokio::select! {
        end = read(stream, voice) => end,
        end = write(sink, sent, voice, waiting) => end,
    }
}

async fn connect(opening: &Opening, http: &Http) -> Result<Stream, Error> {
    let url = address(&opening.url, &opening.query);
    let mut request = url.unwrap_or_default().into_client_request()?;
    let cookies = http.cookies.header();
    if let Some(cookies) = cookies.and_then(|text| HeaderValue::from_str(&text).ok()) {
        request.headers_mut().insert(COOKIE, cookies);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let (stream, response) = connect_async_with_config(request, Some(config), true).await?;
    http.cookies.take(response.headers());
    Ok(stream)
}

async fn read(mut stream: SplitStream<Stream>, voice: &Voice) -> (u16, String) {
    loop {
        let frame = match stream.next().await {
            Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.into()),
            Some(Ok(Message::Close(None))) => return (NO_CODE, String::new()),
            Some(Ok(Message::Close(Some(frame)))) => {
                return (frame.code.into(), frame.reason.as_str().to_owned());
            }
            // Pings are answered by tungstenite.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(Error::Capacity(error))) => return (TOO_LARGE, error.to_string()),
            Some(Err(error)) => return (BROKEN_OFF, error.to_string()),
            None => return (BROKEN_OFF, String::new()),
        };
        voice.say(News::Frame(frame)).await;
    }
}

async fn write(
    mut sink: SplitSink<Stream, Message>,
    mut sent: mpsc::UnboundedReceiver<Frame>,
    voice: &Voice,
    waiting: &AtomicU64,
) -> (u16, String) {
    while let Some(frame) = sent.recv().await {
        let size = frame.size() as u64;
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::binary(bytes),
        };
        if let Err(error) = sink.send(message).await {
            return (BROKEN_OFF, error.to_string());
        }
        let before = waiting.fetch_sub(size, Ordering::Relaxed);
        voice.say(News::Waiting(before.saturating_sub(size))).await;
    }
    // The core has closed it.
    let close = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    let end = sink.send(Message::Close(Some(close))).await;
    end.map_or_else(
        |error| (BROKEN_OFF, error.to_string()),
        |()| (CloseCode::Normal.into(), String::new()),
    )
}
