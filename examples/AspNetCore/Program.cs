using System.Security.Claims;
using Board;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

// An ASP.NET Core application with a live notice board: open http://localhost:5090. To use another address: --urls http://localhost:8080.
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

// A login without a password, for this example only. A real application must authenticate its users.
app.MapPost("/login", static (Login login, Tokens tokens) =>
    Names.IsValid(login.Name)
        ? Results.Ok(tokens.Issue(login.Name.Trim(), login.IsEditor ? "editor" : "reader"))
        : Results.BadRequest("A name must have 1 to 20 letters, digits, spaces or dashes."));

// A browser doesn't show the page why a WebSocket was refused, so the page asks here whether its login is still valid.
app.MapGet("/me", static (ClaimsPrincipal user) => Results.Ok(user.Identity!.Name)).RequireAuthorization();

// The ordinary endpoint and the live ones share services and authorization policies.
app.MapPost("/notices", static async (Draft draft, ClaimsPrincipal user, Notices notices) =>
    Notices.ProblemOf(draft.Text) is { } problem
        ? Results.BadRequest(problem)
        : Results.Ok(await notices.PinAsync(user.Identity!.Name!, draft.Text))).RequireAuthorization("editor");
app.MapUpgradeProtocols();

// Prometheus reads /metrics. Don't expose it to the public, or protect it: it isn't for clients.
app.MapPrometheusScrapingEndpoint();

// Protocols, connections, refusals, and a form to send messages: open http://localhost:5090/upgrade-protocols. Not in Production.
app.MapUpgradeProtocolsExplorer();
await app.RunAsync();
