using System.Security.Claims;
using Board;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

// An ASP.NET Core application with a live notice board: open http://localhost:5090. Another address: --urls http://localhost:8080.
var builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["urls"] is null)
{
    builder.WebHost.UseUrls("http://localhost:5090");
}

var tokens = new Tokens();
builder.Services.AddSingleton(tokens);
builder.Services.AddSingleton(TimeProvider.System).AddSingleton<Notices>().AddSingleton<Attendance>();
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(tokens.Configure);
builder.Services.AddAuthorizationBuilder()
    .AddPolicy("editor", static policy => policy.RequireRole("editor"));
builder.Services.AddUpgradeProtocols();
builder.Services.AddOpenTelemetry()
    .ConfigureResource(static resource => resource.AddService("board"))
    .WithMetrics(static metrics => metrics
        .AddMeter("UpgradeProtocols")
        .AddPrometheusExporter()
        .AddConsoleExporter(static (_, reader) => reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 60_000))
    .WithTracing(static tracing => tracing.AddSource("UpgradeProtocols").AddConsoleExporter());

var app = builder.Build();
app.MapGet("/", static () => Results.Content(Page.Html, "text/html; charset=utf-8"));

// A login without a password, so that there is something to try: your application has a real one.
app.MapPost("/login", static (Login login, Tokens tokens) =>
    Names.IsValid(login.Name)
        ? Results.Ok(tokens.Issue(login.Name.Trim(), login.IsEditor ? "editor" : "reader"))
        : Results.BadRequest("A name has 1 to 20 letters, digits, spaces or dashes."));

// The page can't see why a WebSocket was refused: it asks here whether its login still holds.
app.MapGet("/me", static (ClaimsPrincipal user) => Results.Ok(user.Identity!.Name)).RequireAuthorization();

// An ordinary endpoint and the live ones share services, and who may.
app.MapPost("/notices", static async (Draft draft, ClaimsPrincipal user, Notices notices) =>
    Notices.ProblemOf(draft.Text) is { } problem
        ? Results.BadRequest(problem)
        : Results.Ok(await notices.PinAsync(user.Identity!.Name!, draft.Text))).RequireAuthorization("editor");
app.MapUpgradeProtocols();

// For Prometheus, which reads /metrics. Keep it from the outside, or guard it: it isn't for clients.
app.MapPrometheusScrapingEndpoint();

// The explorer lists the protocols, the connections and the refusals, and has a form to send messages. Open
// http://localhost:5090/upgrade-protocols. Not in Production.
app.MapUpgradeProtocolsExplorer();
await app.RunAsync();
