// Times on the reader's own clock: the page is asked for again with the browser's time zone, once, where it shows another.

const form = document.querySelector("[data-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const choice = form.querySelector("select");
if (zone && choice.value !== zone && [...choice.options].some((option) => option.value === zone)) {
  const address = new URL(location.href);
  address.searchParams.set("zone", zone);
  location.replace(address);
}
