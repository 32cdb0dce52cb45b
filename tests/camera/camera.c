/*
 * camera - an RTSP camera for tests that misbehaves on command
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib-unix.h>

#include "camera.h"

#define ROLE "viewer"
#define EXIT_SECONDS 1

static gboolean
on_accept(GSocket *socket, GIOCondition condition, gpointer arg)
{
	struct camera *c = arg;
	GSocket *connection;

	if (!c->silent)
		return gst_rtsp_server_io_func(socket, condition, c->server);
	connection = g_socket_accept(socket, NULL, NULL);
	if (connection != NULL)
		g_ptr_array_add(c->unanswered, connection);
	return G_SOURCE_CONTINUE;
}

static char *
read_password(const char *path)
{
	GError *error = NULL;
	char *text;

	if (!g_file_get_contents(path, &text, NULL, &error)) {
		fprintf(stderr, "camera: %s\n", error->message);
		g_error_free(error);
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

static bool
add_user(GstRTSPAuth *auth, const struct options *o)
{
	GstRTSPToken *token;
	char *password, *basic;

	token = gst_rtsp_token_new(
	    GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, ROLE, NULL);
	if (o->user == NULL) {
		gst_rtsp_auth_set_default_token(auth, token);
		gst_rtsp_token_unref(token);
		return true;
	}
	password = read_password(o->password_file);
	if (password != NULL && o->basic) {
		basic = gst_rtsp_auth_make_basic(o->user, password);
		gst_rtsp_auth_add_basic(auth, basic, token);
		g_free(basic);
	} else if (password != NULL)
		gst_rtsp_auth_add_digest(auth, o->user, password, token);
	gst_rtsp_auth_set_supported_methods(
	    auth, o->basic ? GST_RTSP_AUTH_BASIC : GST_RTSP_AUTH_DIGEST);
	gst_rtsp_token_unref(token);
	g_free(password);
	return password != NULL;
}

static bool
protect(struct camera *c, const struct options *o)
{
	GTlsCertificate *cert;
	GstRTSPAuth *auth;
	GError *error = NULL;
	bool ok;

	if (o->user == NULL && o->cert == NULL)
		return true;
	auth = gst_rtsp_auth_new();
	ok = add_user(auth, o);
	if (ok && o->cert != NULL) {
		cert =
		    g_tls_certificate_new_from_files(o->cert, o->key, &error);
		if (cert == NULL) {
			fprintf(stderr, "camera: %s\n", error->message);
			g_error_free(error);
			ok = false;
		} else {
			gst_rtsp_auth_set_tls_certificate(auth, cert);
			g_object_unref(cert);
		}
	}
	gst_rtsp_server_set_auth(c->server, auth);
	g_object_unref(auth);
	return ok;
}

/* Clients that went away without a word leave sessions behind. */
static gboolean
on_sweep(gpointer arg)
{
	struct camera *c = arg;
	GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool(c->server);

	gst_rtsp_session_pool_cleanup(pool);
	g_object_unref(pool);
	return G_SOURCE_CONTINUE;
}

static void
mount(struct camera *c, const char *path, const struct stream_options *o)
{
	GstRTSPMountPoints *mounts;
	GstRTSPMediaFactory *f;

	f = stream_factory_new(o, c->head);
	gst_rtsp_media_factory_add_role(f, ROLE,
	    GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
	    GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
	mounts = gst_rtsp_server_get_mount_points(c->server);
	gst_rtsp_mount_points_add_factory(mounts, path, f);
	g_object_unref(mounts);
}

static void
mount_all(struct camera *c, const struct options *o)
{
	struct stream_options sub = o->stream;
	GstRTSPThreadPool *pool;

	mount(c, o->path, &o->stream);
	sub.width = o->sub_width;
	sub.height = o->sub_height;
	if (sub.width != 0)
		mount(c, "/sub", &sub);

	/* A thread each: no client waits for another one's encoder. */
	pool = gst_rtsp_server_get_thread_pool(c->server);
	gst_rtsp_thread_pool_set_max_threads(pool, -1);
	g_object_unref(pool);
	g_timeout_add_seconds(2, on_sweep, c);
}

static bool
open_server(struct camera *c, const struct options *o)
{
	GError *error = NULL;
	GSource *source;
	char port[16];

	c->server = gst_rtsp_server_new();
	gst_rtsp_server_set_address(c->server, "127.0.0.1");
	g_snprintf(port, sizeof(port), "%d", o->port);
	gst_rtsp_server_set_service(c->server, port);
	if (!protect(c, o))
		return false;
	mount_all(c, o);
	/* Its own source would accept even where we want silence. */
	c->listener = gst_rtsp_server_create_socket(c->server, NULL, &error);
	if (c->listener == NULL) {
		fprintf(stderr, "camera: cannot listen: %s\n", error->message);
		g_error_free(error);
		return false;
	}
	/* Connections inherit it. Else a frame's last bytes may wait 40 ms. */
	g_socket_set_option(c->listener, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
	source = g_socket_create_source(c->listener, G_IO_IN, NULL);
	g_source_set_callback(source, G_SOURCE_FUNC(on_accept), c, NULL);
	g_source_attach(source, NULL);
	g_source_unref(source);
	return true;
}

static void
say_ready(struct camera *c, const struct options *o)
{
	GSocketAddress *address;
	char url[256];

	address = g_socket_get_local_address(c->listener, NULL);
	g_snprintf(url, sizeof(url), "%s://127.0.0.1:%d%s",
	    o->cert != NULL ? "rtsps" : "rtsp",
	    g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)),
	    o->path);
	g_object_unref(address);
	camera_say("ready", url);
}

static void
on_late(int number G_GNUC_UNUSED)
{
	_exit(EX_OK);
}

static void
close_camera(struct camera *c)
{
	/* A pipeline that will not stop must not hold up a test. */
	signal(SIGALRM, on_late);
	alarm(EXIT_SECONDS);
	if (c->server != NULL)
		camera_drop(c);
	g_clear_object(&c->listener);
	g_clear_object(&c->server);
	head_close(c->head);
	/* Waits for the clients' threads. */
	gst_rtsp_thread_pool_cleanup();
	g_ptr_array_unref(c->unanswered);
	if (c->fifo != -1)
		close(c->fifo);
	g_main_loop_unref(c->loop);
}

static void
die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		exit(EX_OK);
}

static gboolean
on_signal(gpointer arg)
{
	struct camera *c = arg;

	g_main_loop_quit(c->loop);
	return G_SOURCE_CONTINUE;
}

int
main(int argc, char **argv)
{
	struct camera c = {.fifo = -1};
	struct options o;
	pid_t parent = getppid();
	bool ok;

	die_with_parent(parent);
	options_parse(&o, argc, argv);
	gst_init(NULL, NULL);
	c.loop = g_main_loop_new(NULL, FALSE);
	c.unanswered = g_ptr_array_new_with_free_func(g_object_unref);
	g_unix_signal_add(SIGTERM, on_signal, &c);
	g_unix_signal_add(SIGINT, on_signal, &c);

	ok = o.stream.codec == NULL || (c.head = head_open(&o.head)) != NULL;
	ok = ok && open_server(&c, &o);
	ok = ok && (o.control == NULL || camera_open_control(&c, o.control));
	if (ok) {
		say_ready(&c, &o);
		g_main_loop_run(c.loop);
	}
	if (c.fifo != -1)
		unlink(o.control);
	close_camera(&c);
	return ok ? EX_OK : EX_UNAVAILABLE;
}
