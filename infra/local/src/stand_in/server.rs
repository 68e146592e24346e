//! A server on loopback that can cut a connection without answering, as a network does.

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// An address that is bound, but not served yet: what is served there may need to know it.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// A running server; it stops accepting connections when this is dropped.
pub struct Server {
    task: JoinHandle<()>,
}

impl Bound {
    /// Binds `address`; port 0: any free one.
    ///
    /// # Errors
    /// The address can't be bound, e.g. because another program has the port.
    pub async fn new(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The base address, without a slash at the end: `http://127.0.0.1:4001`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves `router` until the result is dropped. Handlers find the [`Connection`] in
    /// `ConnectInfo<Connection>`.
    pub fn serve(self, router: Router) -> Server {
        let Self { listener, address } = self;
        let service = router.into_make_service_with_connect_info::<Connection>();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(Cuttable(listener), service).await {
                tracing::error!(%address, %error, "a stand-in stopped");
            }
        });
        Server { task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One client's connection, which a handler can cut.
#[derive(Clone)]
pub struct Connection(Arc<AtomicBool>);

impl Connection {
    /// From now on nothing reaches the client: its request ends in a closed connection, without an answer.
    pub fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Self {
        stream.io().1.clone()
    }
}

/// A listener whose connections can be cut.
pub(crate) struct Cuttable(pub(crate) TcpListener);

impl Listener for Cuttable {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small and wait for nothing: sending them at once keeps the tests quick.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        (CuttableStream(stream, Connection(Arc::default())), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Listener::local_addr(&self.0)
    }
}

/// A connection that fails every write once it was cut; hyper then closes it.
pub(crate) struct CuttableStream(TcpStream, Connection);

impl CuttableStream {
    fn check(&self) -> io::Result<()> {
        if self.1.0.load(Ordering::Acquire) {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut on purpose"));
        }
        Ok(())
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
